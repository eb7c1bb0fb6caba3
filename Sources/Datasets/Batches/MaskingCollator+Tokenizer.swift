public import Tokenizers

extension MaskingCollator {
  /// A collator for a tokenizer's vocabulary.
  ///
  /// - Parameters:
  ///   - tokenizer: whose tokens the samples hold
  ///   - probability: with which every token that is not special is chosen
  ///   - seed: names the draws
  /// - Throws: `TokenizerError` if the vocabulary lacks one of the five special tokens.
  /// - Precondition: the probability is in 0 ... 1.
  public init(_ tokenizer: Tokenizer, probability: Double = 0.15, seed: UInt64 = 42) throws {
    self.init(
      vocabularySize: tokenizer.vocabularySize, specialTokens: try tokenizer.specialTokens,
      probability: probability, seed: seed)
  }
}
