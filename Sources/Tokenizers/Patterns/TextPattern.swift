import Files

/// What a normalizer, pre-tokenizer or decoder looks for in a text.
enum TextPattern: Sendable, Equatable {
  case text(bytes: [UInt8], scalars: [UInt32])
  case expression(RegularExpression)

  init(text bytes: [UInt8]) {
    let scalars = UTF8Decoder.scalars(of: bytes)
    self = .text(bytes: bytes, scalars: scalars)
  }

  /// Reads the forms `{"String": …}` and `{"Regex": …}`.
  ///
  /// - Throws: `TokenizerError.unsupported` for a regular expression that is not known here, `JSONError`
  ///   where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    guard let expression = try json.optionalMember("Regex") else {
      self.init(text: try json.member("String").bytes())
      return
    }
    guard let read = RegularExpression(try expression.bytes()) else {
      throw TokenizerError.unsupported(
        file: json.file, path: expression.path, found: try expression.string(),
        supported: [
          "letters", "classes", "groups", "alternatives", "repetition", "looking ahead", "^", "$",
        ])
    }
    self = .expression(read)
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .text(let bytes, _): ["String": .string(bytes)]
    case .expression(let expression): ["Regex": .string(expression.source)]
    }
  }

  /// Calls `body` with the place of each match in `scalars[range]`, from left to right; an empty text is
  /// never found.
  func forEachMatch(in scalars: [UInt32], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    switch self {
    case .expression(let expression): expression.forEachMatch(in: scalars, range, body)
    case .text(_, let wanted):
      guard let first = wanted.first else { return }
      var index = range.lowerBound
      while index + wanted.count <= range.upperBound {
        if scalars[index] == first, scalars[index..<index + wanted.count].elementsEqual(wanted) {
          body(index..<index + wanted.count)
          index += wanted.count
        } else {
          index += 1
        }
      }
    }
  }

  /// Returns bytes with every match replaced by others.
  func replacing(in bytes: [UInt8], by content: [UInt8]) -> [UInt8] {
    let scalars = UTF8Decoder.scalars(of: bytes)
    var result: [UInt8] = []
    var end = 0
    forEachMatch(in: scalars, scalars.indices) { match in
      for index in end..<match.lowerBound { UTF8Decoder.encode(scalars[index], into: &result) }
      result += content
      end = match.upperBound
    }
    for index in end..<scalars.count { UTF8Decoder.encode(scalars[index], into: &result) }
    return result
  }
}
