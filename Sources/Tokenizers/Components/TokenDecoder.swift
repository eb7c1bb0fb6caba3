import Files

/// The last part of a tokenizer: turns tokens back into text.
///
/// A new kind is a case here.
enum TokenDecoder: Sendable, Equatable {
  /// Sets spaces between the tokens.
  case none
  /// Joins pieces of words, and with `cleansUp` takes away spaces that English does not have.
  case wordPiece(prefix: [UInt8], cleansUp: Bool)

  /// Reads a tokenizer file's `decoder`.
  ///
  /// - Throws: `TokenizerError.unsupported`, or `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor?) throws {
    guard let json else {
      self = .none
      return
    }
    let kind = try json.member("type")
    guard try kind.string() == "WordPiece" else {
      throw TokenizerError.unsupported(
        file: json.file, path: kind.path, found: try kind.string(), supported: ["WordPiece"])
    }
    self = .wordPiece(
      prefix: try json.optionalMember("prefix")?.bytes() ?? Array("##".utf8),
      cleansUp: try json.optionalBool("cleanup") ?? true)
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .none: .null
    case .wordPiece(let prefix, let cleansUp):
      ["type": "WordPiece", "prefix": .string(prefix), "cleanup": JSON(cleansUp)]
    }
  }

  /// Returns the text that tokens stand for.
  func decode(_ tokens: [[UInt8]]) -> [UInt8] {
    var text: [UInt8] = []
    for (index, token) in tokens.enumerated() {
      switch self {
      case .none:
        if index > 0 { text.append(0x20) }
        text += token
      case .wordPiece(let prefix, let cleansUp):
        var piece = token
        if index > 0, token.starts(with: prefix) {
          piece.removeFirst(prefix.count)
        } else if index > 0 {
          piece.insert(0x20, at: 0)
        }
        text += cleansUp ? Self.cleanUp(piece) : piece
      }
    }
    return text
  }

  /// What the clean-up replaces, in this order.
  ///
  /// Source: `tokenizers.decoders.WordPiece`.
  private static let replacements: [(from: [UInt8], to: [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  private static func cleanUp(_ piece: [UInt8]) -> [UInt8] {
    var piece = piece
    for (from, to) in replacements where piece.count >= from.count {
      var result: [UInt8] = []
      var index = 0
      while index < piece.count {
        if piece[index...].starts(with: from) {
          result += to
          index += from.count
        } else {
          result.append(piece[index])
          index += 1
        }
      }
      piece = result
    }
    return piece
  }
}
