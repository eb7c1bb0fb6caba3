import Tokens

/// All added tokens of a tokenizer.
struct AddedTokens: Sendable {
  let tokens: [AddedToken]
  /// Finds tokens in the text as given.
  let inText: AddedTokenMatcher
  /// Finds tokens in the normalized text.
  let inNormalizedText: AddedTokenMatcher
  /// What each token is decoded to: those that are searched in the normalized text, normalized.
  let spellings: [TokenID: [UInt8]]
  /// Whether no token can reach over a space, so that texts can be parted at spaces first.
  let stayBetweenSpaces: Bool

  /// The characters that texts are parted at: every normalizer and pre-tokenizer treats them as the ends
  /// of words.
  static let spaces: [UInt32] = [0x09, 0x0A, 0x0D, 0x20]

  init(_ tokens: [AddedToken], normalizer: Normalizer) {
    self.tokens = tokens
    var given: [(token: AddedToken, scalars: [UInt32])] = []
    var normalized = given
    var spellings: [TokenID: [UInt8]] = [:]
    // Special tokens come first where two have one pattern.
    for token in tokens.filter(\.isSpecial) + tokens.filter({ !$0.isSpecial }) {
      var text = NormalizedText()
      var spare = NormalizedText()
      UTF8Decoder.decode(token.content.span, into: &text.scalars)
      if token.isNormalized {
        text.sources = Array(repeating: 0, count: text.scalars.count)
        normalizer.normalize(&text, scratch: &spare)
        normalized.append((token, text.scalars))
      } else {
        given.append((token, text.scalars))
      }
      var spelling: [UInt8] = []
      for scalar in text.scalars { UTF8Decoder.encode(scalar, into: &spelling) }
      spellings[token.id] = spelling
    }
    self.spellings = spellings
    inText = AddedTokenMatcher(given)
    inNormalizedText = AddedTokenMatcher(normalized)
    stayBetweenSpaces = (given + normalized).allSatisfy { pattern in
      !pattern.scalars.contains(where: Self.spaces.contains)
    }
  }
}
