public import Tokenizers

extension TextDataset {
  /// Learns a WordPiece vocabulary from these texts; every rank that does so learns the same one.
  ///
  /// - Parameter vocabularySize: How many tokens there may be.
  /// - Returns: The tokenizer.
  /// - Throws: `TextError` for text that cannot be read, or `TokenizerError`.
  public func learnTokenizer(vocabularySize: Int) throws -> Tokenizer {
    let trainer = WordPieceTrainer(vocabularySize: vocabularySize)
    var counter = trainer.makeCounter()
    try forEachPiece { counter.feed($0) }
    return try trainer.train(on: counter.counts)
  }
}

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
