import Files

/// Parts text into words as GPT-2 does, and spells their bytes in printable letters.
///
/// Source: `tokenizers.pre_tokenizers.ByteLevel`.
struct ByteLevelPreTokenizer: Sendable, Equatable {
  /// Whether a text that begins with a letter gets a space before it.
  var addsPrefixSpace = true
  /// Kept for the file; only the post-processor of this name looks at it.
  var trimsOffsets = true
  /// Whether text is parted into words at all.
  var usesPattern = true

  init(addsPrefixSpace: Bool = true, trimsOffsets: Bool = true, usesPattern: Bool = true) {
    self.addsPrefixSpace = addsPrefixSpace
    self.trimsOffsets = trimsOffsets
    self.usesPattern = usesPattern
  }

  /// Reads a tokenizer file's component of this name: pre-tokenizer, post-processor and decoder have one
  /// form.
  ///
  /// - Throws: `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    addsPrefixSpace = try json.optionalBool("add_prefix_space") ?? true
    trimsOffsets = try json.optionalBool("trim_offsets") ?? true
    usesPattern = try json.optionalBool("use_regex") ?? true
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    [
      "type": "ByteLevel", "add_prefix_space": JSON(addsPrefixSpace),
      "trim_offsets": JSON(trimsOffsets), "use_regex": JSON(usesPattern),
    ]
  }

  /// Parts and spells words.
  func split(_ words: inout Words) {
    if addsPrefixSpace {
      words.rewrite { old, range, new in
        if old.scalars[range.lowerBound] != 0x20 {
          new.append(0x20, old.sources[range.lowerBound])
        }
        for index in range { new.append(old.scalars[index], old.sources[index]) }
      }
    }
    if usesPattern {
      words.split { scalars, range, body in
        var start = range.lowerBound
        while start < range.upperBound {
          let end = GPT2Words.end(from: start, to: range.upperBound) { (scalars[$0], 1) }
          body(start..<end)
          start = end
        }
      }
    }
    let alphabet = ByteAlphabet.shared
    words.rewrite { old, range, new in
      for index in range { alphabet.append(old.scalars[index], old.sources[index], to: &new) }
    }
  }
}

/// The words of GPT-2's pattern:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
enum GPT2Words {
  enum Kind: UInt8 {
    case other, space, letter, number
  }

  /// What a scalar is to the pattern.
  @inline(__always)
  static func kind(of scalar: UInt32) -> Kind {
    scalar < 0x80 ? asciiKinds[Int(scalar)] : tableKind(of: scalar)
  }

  private static let asciiKinds: [Kind] = (0..<128).map { tableKind(of: $0) }

  private static func tableKind(of scalar: UInt32) -> Kind {
    switch UnicodeTextTables.shared.categories[scalar] {
    case .lu, .ll, .lt, .lm, .lo: .letter
    case .nd, .nl, .no: .number
    default: UnicodeTextTables.shared.traits[scalar].contains(.whiteSpace) ? .space : .other
    }
  }

  /// Where the word that begins at `start` ends; `scalar` returns the scalar at a place, and how many
  /// places it takes.
  @inline(__always)
  static func end(from start: Int, to limit: Int, _ scalar: (Int) -> (UInt32, Int)) -> Int {
    let (first, firstLength) = scalar(start)
    var index = start + firstLength
    if first == 0x27, let end = contraction(at: index, limit, scalar) { return end }
    var kind = kind(of: first)
    if kind == .space {
      // A space goes with the word behind it.
      var lastStart = start
      var end = index
      while end < limit {
        let (next, length) = scalar(end)
        guard self.kind(of: next) == .space else { break }
        lastStart = end
        end += length
      }
      if end == limit { return end }
      if lastStart > start { return lastStart }
      guard first == 0x20 else { return end }
      let (next, length) = scalar(index)
      kind = self.kind(of: next)
      index += length
    }
    while index < limit {
      let (next, length) = scalar(index)
      guard self.kind(of: next) == kind else { break }
      index += length
    }
    return index
  }

  /// Where `s`, `t`, `re`, `ve`, `m`, `ll` or `d` ends.
  private static func contraction(
    at start: Int, _ limit: Int, _ scalar: (Int) -> (UInt32, Int)
  ) -> Int? {
    guard start < limit else { return nil }
    switch scalar(start).0 {
    case 0x73, 0x74, 0x6D, 0x64: return start + 1
    case 0x72, 0x76: return start + 1 < limit && scalar(start + 1).0 == 0x65 ? start + 2 : nil
    case 0x6C: return start + 1 < limit && scalar(start + 1).0 == 0x6C ? start + 2 : nil
    default: return nil
    }
  }
}
