import Tokens

/// A stream of tokens cut into samples of one length.
///
/// Sample *i* of length L is the opening token, the stream's tokens i·(L-2) ..< (i+1)·(L-2), and the
/// closing token; the last sample is shorter if the stream ends in it.
struct TokenBlocks: Sendable {
  /// The tokens of all samples in order, without the two around each.
  let stream: TokenStream
  /// How many tokens a full sample has, the two around it included.
  let length: Int
  let opening: TokenID
  let closing: TokenID

  /// How many samples there are.
  var count: Int {
    (stream.count + length - 3) / (length - 2)
  }

  /// The tokens of the stream that a sample has.
  private func range(_ index: Int) -> Range<Int> {
    let start = index * (length - 2)
    return start..<min(start + length - 2, stream.count)
  }

  /// How many tokens a sample has, without reading them.
  func tokenCount(_ index: Int) -> Int { range(index).count + 2 }

  /// Adds a sample to others.
  func append(_ index: Int, to tokens: inout [TokenID]) {
    tokens.append(opening)
    stream.append(range(index), to: &tokens)
    tokens.append(closing)
  }
}
