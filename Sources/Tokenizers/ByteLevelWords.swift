/// Parts text into the words of byte-level tokenizers without looking at it as a whole.
struct ByteLevelWords: Sendable {
  /// Whether an added token may begin with each byte.
  private let beginsAdded: [Bool]
  private let mayHaveAdded: Bool

  /// The parts of a tokenizer whose words can be parted so; nil for others.
  init?(_ file: TokenizerFile, _ addedTokens: AddedTokens) {
    guard case .none = file.normalizer, case .byteLevel(let byteLevel) = file.preTokenizer,
      byteLevel.usesPattern, !byteLevel.addsPrefixSpace
    else { return nil }
    var begins = [Bool](repeating: false, count: 256)
    for scalar in addedTokens.inText.starts + addedTokens.inNormalizedText.starts {
      var bytes: [UInt8] = []
      UTF8Decoder.encode(scalar, into: &bytes)
      begins[Int(bytes[0])] = true
    }
    beginsAdded = begins
    mayHaveAdded = begins.contains(true)
  }

  /// Whether a text surely has no added token, so that its words may be parted at once.
  func parts(_ bytes: Span<UInt8>) -> Bool {
    guard mayHaveAdded else { return true }
    let begins = beginsAdded.span
    for index in bytes.indices where begins[Int(bytes[index])] { return false }
    return true
  }

  /// Calls `body` with each word, and whether it has a zero byte.
  @inline(__always)
  func forEachWord(of bytes: Span<UInt8>, _ body: (Range<Int>, Bool) -> Void) {
    var start = 0
    while start < bytes.count {
      let end = GPT2Words.end(from: start, to: bytes.count) { index in
        let first = bytes[index]
        return first < 0x80 ? (UInt32(first), 1) : UTF8Decoder.scalar(of: bytes, at: index)
      }
      // A zero byte is never beside a letter.
      body(start..<end, bytes[start] == 0 || bytes[end - 1] == 0 || hasZero(bytes, start..<end))
      start = end
    }
  }

  private func hasZero(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count > 2, bytes[range.lowerBound] < 0x41 || bytes[range.lowerBound] >= 0x7B else {
      return false
    }
    for index in range where bytes[index] == 0 { return true }
    return false
  }
}
