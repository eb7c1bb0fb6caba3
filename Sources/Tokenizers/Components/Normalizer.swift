import Files

/// The first part of a tokenizer: rewrites the text.
///
/// A new kind is a case here.
enum Normalizer: Sendable, Equatable {
  case none
  case bert(BertNormalizer)

  /// Reads a tokenizer file's `normalizer`.
  ///
  /// - Throws: `TokenizerError.unsupported`, or `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor?) throws {
    guard let json else {
      self = .none
      return
    }
    let kind = try json.member("type")
    guard try kind.string() == "BertNormalizer" else {
      throw TokenizerError.unsupported(
        file: json.file, path: kind.path, found: try kind.string(), supported: ["BertNormalizer"])
    }
    self = .bert(
      BertNormalizer(
        cleansText: try json.optionalBool("clean_text") ?? true,
        spacesIdeographs: try json.optionalBool("handle_chinese_chars") ?? true,
        stripsAccents: try json.optionalBool("strip_accents"),
        lowercases: try json.optionalBool("lowercase") ?? true))
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .none: .null
    case .bert(let bert):
      [
        "type": "BertNormalizer", "clean_text": JSON(bert.cleansText),
        "handle_chinese_chars": JSON(bert.spacesIdeographs),
        "strip_accents": bert.stripsAccents.map { JSON($0) } ?? .null,
        "lowercase": JSON(bert.lowercases),
      ]
    }
  }

  /// Normalizes a text in place; `scratch` lends its memory.
  func normalize(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    switch self {
    case .none: break
    case .bert(let bert): bert.normalize(&text, scratch: &scratch)
    }
  }
}
