public import Collectives
import Files
import Hub
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

  /// Opens a model by the path of its folder or by its name on the hub, from which rank 0 downloads what
  /// the cache lacks; all ranks must call it with the same arguments.
  ///
  /// - Parameters:
  ///   - name: A folder, or a name such as `distilbert/distilroberta-base`.
  ///   - revision: A branch, a tag or a commit on the hub; nil for `main`.
  ///   - world: The ranks.
  ///   - console: Where to show how far it is; only rank 0's is used.
  /// - Returns: The model, on every rank.
  /// - Throws: What keeps it from being downloaded or opened, on every rank.
  public static func pretrained(
    _ name: String, revision: String? = nil, on world: any Communicator,
    console: Console = .silent()
  ) throws -> FinishedModel {
    let folder = try ModelFolder.locate(
      name, revision: revision, needs: .all, on: world, console: console)
    return try world.together("loading of the model") { try load(folder?.path ?? name) }
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
