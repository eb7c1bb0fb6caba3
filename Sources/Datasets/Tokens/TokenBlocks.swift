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

  /// Adds a sample to others.
  func append(_ index: Int, to tokens: inout [TokenID]) {
    let start = index * (length - 2)
    tokens.append(opening)
    stream.append(start..<min(start + length - 2, stream.count), to: &tokens)
    tokens.append(closing)
  }
}
