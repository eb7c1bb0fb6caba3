import Files
public import Models
public import Tokenizers

/// A model with its tokenizer, from a folder as training writes it or Transformers does.
public struct FinishedModel {
  /// The model.
  public let model: any PretrainedModel
  /// What makes tokens for it.
  public let tokenizer: Tokenizer

  /// A model and what makes its tokens.
  public init(model: any PretrainedModel, tokenizer: Tokenizer) {
    self.model = model
    self.tokenizer = tokenizer
  }

  /// Opens config.json, model.safetensors and the tokenizer of a folder.
  ///
  /// - Throws: `FileError`, `JSONError`, `ModelError`, `SafeTensorsError` or `TokenizerError` if one is
  ///   missing, wrong or does not fit the others.
  public static func load(_ folder: String) throws -> FinishedModel {
    let model = try ModelFiles.load(folder: folder)
    let tokenizer = try Tokenizer.load(folder)
    guard tokenizer.vocabularySize <= model.configuration.vocabularySize else {
      throw ModelError.vocabulary(
        tokenizer: tokenizer.vocabularySize, model: model.configuration.vocabularySize)
    }
    return FinishedModel(model: model, tokenizer: tokenizer)
  }

  /// Saves both to a folder that Transformers opens; only one rank should call it.
  ///
  /// - Throws: `FileError` if a file cannot be written.
  public func save(to folder: String) throws {
    try ModelFiles.save(model, folder: folder)
    try File.replaceDurably(folder + "/tokenizer.json", with: tokenizer.serialized())
    try File.replaceDurably(
      folder + "/tokenizer_config.json",
      with: tokenizer.configurationFile(
        maximumLength: model.configuration.longestSequence,
        hasTypeIDs: model.configuration.segmentTypeCount > 0))
  }
}
