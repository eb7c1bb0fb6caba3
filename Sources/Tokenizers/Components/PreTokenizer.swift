import Files

/// The second part of a tokenizer: parts the text into words.
///
/// A new kind is a case here.
enum PreTokenizer: Sendable, Equatable {
  case bert(BertPreTokenizer)

  /// Reads a tokenizer file's `pre_tokenizer`.
  ///
  /// - Throws: `TokenizerError.unsupported`, or `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    let kind = json.value.isNull ? json : try json.member("type")
    guard kind.value.text == "BertPreTokenizer" else {
      throw TokenizerError.unsupported(
        file: json.file, path: kind.path, found: kind.value.isNull ? "null" : try kind.string(),
        supported: ["BertPreTokenizer"])
    }
    self = .bert(BertPreTokenizer())
  }

  /// The form that a tokenizer file has it in.
  var json: JSON { ["type": "BertPreTokenizer"] }

  /// Calls `body` with the place of each word in `scalars[range]`, in order; none is empty.
  func forEachWord(in scalars: [UInt32], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    switch self {
    case .bert(let bert): bert.forEachWord(in: scalars, range, body)
    }
  }
}
