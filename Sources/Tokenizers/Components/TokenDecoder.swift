import Files

/// The last part of a tokenizer: turns tokens back into text.
///
/// A new kind is a case here.
indirect enum TokenDecoder: Sendable, Equatable {
  /// Sets spaces between the tokens.
  case none
  /// Joins pieces of words, and with `cleansUp` takes away spaces that English does not have.
  case wordPiece(prefix: [UInt8], cleansUp: Bool)
  case byteLevel(ByteLevelPreTokenizer)
  case metaspace(Metaspace)
  /// Turns what ends words into spaces.
  case bytePairs(suffix: [UInt8])
  /// Turns tokens as `<0x0A>` into the bytes they name.
  case byteFallback
  case replace(TextPattern, content: [UInt8])
  /// Cuts up to so many of a scalar off both ends of each token.
  case strip(UInt32, start: Int, stop: Int)
  case fuse
  case ctc(padding: [UInt8], wordDelimiter: [UInt8], cleansUp: Bool)
  case sequence([TokenDecoder])

  /// Returns the text that tokens stand for.
  func decode(_ tokens: [[UInt8]]) -> [UInt8] {
    if self == .none { return Array(tokens.joined(separator: [0x20])) }
    return Array(chain(tokens).joined())
  }

  /// What the tokens become, each a part of the text.
  private func chain(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .none: return tokens
    case .wordPiece(let prefix, let cleansUp):
      return tokens.enumerated().map { index, token in
        var piece = token
        if index > 0, token.starts(with: prefix) {
          piece.removeFirst(prefix.count)
        } else if index > 0 {
          piece.insert(0x20, at: 0)
        }
        return cleansUp ? Self.cleanUp(piece) : piece
      }
    case .byteLevel: return [Self.valid(tokens.flatMap(Self.bytes))]
    case .metaspace(let metaspace): return metaspace.decode(tokens)
    case .bytePairs(let suffix):
      let pattern = TextPattern(text: suffix)
      return tokens.enumerated().map { index, token in
        pattern.replacing(in: token, by: index + 1 == tokens.count ? [] : [0x20])
      }
    case .byteFallback: return Self.joiningBytes(tokens)
    case .replace(let pattern, let content):
      return tokens.map { pattern.replacing(in: $0, by: content) }
    case .strip(let scalar, let start, let stop):
      return tokens.map { Self.strip($0, scalar, start: start, stop: stop) }
    case .fuse: return [Array(tokens.joined())]
    case .ctc(let padding, let wordDelimiter, let cleansUp):
      return Self.connected(tokens, padding, wordDelimiter, cleansUp: cleansUp)
    case .sequence(let parts): return parts.reduce(tokens) { $1.chain($0) }
    }
  }

  /// The bytes that the letters of a byte-level token stand for; its own if one stands for none.
  private static func bytes(of token: [UInt8]) -> [UInt8] {
    let scalars = UTF8Decoder.scalars(of: token)
    let bytes = scalars.compactMap { ByteAlphabet.shared.byte(of: $0) }
    return bytes.count == scalars.count ? bytes : token
  }

  /// UTF-8 with U+FFFD for what is none.
  private static func valid(_ bytes: [UInt8]) -> [UInt8] {
    let scalars = UTF8Decoder.scalars(of: bytes)
    var result: [UInt8] = []
    for scalar in scalars { UTF8Decoder.encode(scalar, into: &result) }
    return result
  }

  private static func joiningBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var bytes: [UInt8] = []
    func flush() {
      guard !bytes.isEmpty else { return }
      if UTF8Decoder.isValid(bytes) {
        result.append(bytes)
      } else {
        for _ in bytes { result.append(Array("\u{FFFD}".utf8)) }
      }
      bytes.removeAll()
    }
    for token in tokens {
      if let byte = ByteTokens.byte(of: token) {
        bytes.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  private static func strip(_ token: [UInt8], _ scalar: UInt32, start: Int, stop: Int) -> [UInt8] {
    let scalars = UTF8Decoder.scalars(of: token)
    let leading = min(start, scalars.prefix { $0 == scalar }.count)
    let trailing = min(
      stop, scalars.count - leading, scalars.reversed().prefix { $0 == scalar }.count)
    var result: [UInt8] = []
    for scalar in scalars[leading..<scalars.count - trailing] {
      UTF8Decoder.encode(scalar, into: &result)
    }
    return result
  }

  private static func connected(
    _ tokens: [[UInt8]], _ padding: [UInt8], _ wordDelimiter: [UInt8], cleansUp: Bool
  ) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for (index, token) in tokens.enumerated() where index == 0 || token != tokens[index - 1] {
      var piece = TextPattern(text: padding).replacing(in: token, by: [])
      if cleansUp {
        piece = TextPattern(text: wordDelimiter).replacing(in: cleanUp(piece), by: [0x20])
      }
      if !piece.isEmpty { result.append(piece) }
    }
    return result
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
