public import Models
public import Tokenizers
internal import Tokens

extension ModelConfiguration {
  /// One of the named sizes, for the vocabulary of a tokenizer.
  ///
  /// - Parameters:
  ///   - name: `tiny`, `mini`, `small`, `distil` or `base`.
  ///   - tokenizer: What makes the model's tokens.
  ///   - blockSize: The longest sequence, in tokens.
  ///   - dropout: Of hidden states and attention probabilities.
  /// - Returns: The configuration.
  /// - Throws: `ModelError` for another name, or what a tokenizer without special tokens throws.
  public static func named(
    _ name: String, for tokenizer: Tokenizer, blockSize: Int, dropout: Double = 0.1
  ) throws -> ModelConfiguration {
    try named(
      name, vocabularySize: tokenizer.vocabularySize, blockSize: blockSize, dropout: dropout,
      paddingID: Int(tokenizer.specialTokens.padding))
  }
}
