public import Tokenizers

extension UnigramBaseline {
  /// The baseline of the frequencies in training samples.
  ///
  /// - Parameters:
  ///   - training: The samples.
  ///   - tokenizer: What made them.
  /// - Throws: `TokenizerError` if the tokenizer has no special tokens to leave out.
  public init(training: TokenDataset, tokenizer: Tokenizer) throws {
    self.init(
      training: training, vocabularySize: tokenizer.vocabularySize,
      specialTokens: try tokenizer.specialTokens)
  }
}
