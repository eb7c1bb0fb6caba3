import Files

/// Writes spaces as a visible letter, sets one before the text, and parts text before each.
///
/// Source: `tokenizers.pre_tokenizers.Metaspace`.
struct Metaspace: Sendable, Equatable {
  /// Where a space is set.
  enum Prepending: String, Sendable {
    case always, first, never
  }

  /// What stands for a space.
  var replacement: UInt32 = 0x2581
  var prepending = Prepending.always
  /// Whether text is parted.
  var splits = true

  init(replacement: UInt32 = 0x2581, prepending: Prepending = .always, splits: Bool = true) {
    self.replacement = replacement
    self.prepending = prepending
    self.splits = splits
  }

  /// Reads a tokenizer file's component of this name; old files have `add_prefix_space`.
  ///
  /// - Throws: `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    replacement = try json.member("replacement").scalar()
    splits = try json.optionalBool("split") ?? true
    if let scheme = try json.optionalMember("prepend_scheme") {
      guard let prepending = Prepending(rawValue: try scheme.string()) else {
        throw scheme.mismatch(expected: "'always', 'first' or 'never'")
      }
      self.prepending = prepending
    }
    if try json.optionalBool("add_prefix_space") == false { prepending = .never }
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    [
      "type": "Metaspace", "replacement": JSON(scalars: [replacement]),
      "prepend_scheme": JSON(prepending.rawValue), "split": JSON(splits),
    ]
  }

  /// Rewrites and parts words.
  func split(_ words: inout Words) {
    words.rewrite { old, range, new in
      let first = old.scalars[range.lowerBound]
      let isPrepended =
        switch prepending {
        case .always: true
        case .first: old.source(of: range).lowerBound == 0
        case .never: false
        }
      if isPrepended, first != 0x20, first != replacement {
        new.append(replacement, old.sources[range.lowerBound])
      }
      for index in range {
        let scalar = old.scalars[index]
        new.append(scalar == 0x20 ? replacement : scalar, old.sources[index])
      }
    }
    guard splits else { return }
    words.split { scalars, range, body in
      var start = range.lowerBound
      for index in range where scalars[index] == replacement && index > start {
        // Of several in a row each begins a part of its own.
        body(start..<index)
        start = index
      }
      body(start..<range.upperBound)
    }
  }

  /// Returns tokens with spaces for what stands for them; the first token loses them.
  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var letter: [UInt8] = []
    UTF8Decoder.encode(replacement, into: &letter)
    let pattern = TextPattern(text: letter)
    return tokens.enumerated().map { index, token in
      pattern.replacing(in: token, by: index == 0 && prepending != .never ? [] : [0x20])
    }
  }
}
