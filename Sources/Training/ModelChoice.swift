import Files
import Models
import Tokenizers
import Tokens

/// The model that a user asked for, before the vocabulary is known.
struct ModelChoice {
  private enum Source {
    case named(String)
    case configuration(ModelConfiguration)
  }

  /// The number of tokens to learn if no tokenizer is given.
  let vocabularySize: Int
  private let source: Source
  private let blockSize: Int
  private let dropout: Double?
  private let overrides: String?
  /// Whether weights are trained further, to which the configuration belongs.
  private let isPretrained: Bool

  private static let usualDropout = 0.1

  /// Looks at the name or the config.json.
  ///
  /// - Parameters:
  ///   - arguments: Name the model.
  ///   - folder: Where it lies, if its weights are to be trained further.
  /// - Throws: `ModelError` for an unknown name, a file that cannot be honoured or a block that is too
  ///   long for it; `FileError` or `JSONError` if the file cannot be read.
  init(_ arguments: TrainingArguments, folder: ModelFolder?) throws {
    blockSize = arguments.blockSize
    dropout = arguments.dropout
    overrides = arguments.configOverrides
    isPretrained = folder != nil
    guard folder != nil || NamedSize(rawValue: arguments.model) == nil else {
      // What cannot be honoured is said before anything is read.
      let trial = try ModelConfiguration.named(
        arguments.model,
        vocabularySize: arguments.vocabularySize ?? TrainingArguments.defaultVocabularySize,
        blockSize: blockSize, dropout: dropout ?? Self.usualDropout, paddingID: 0
      ).overridden(by: overrides, forBlocksOf: blockSize)
      source = .named(arguments.model)
      vocabularySize = arguments.vocabularySize ?? trial.vocabularySize
      return
    }
    let path = folder.map { $0.path + "/" + ModelFiles.configurationName } ?? arguments.model
    guard folder != nil || File.exists(path) else {
      throw ModelError.unknownSize(
        String(displaying: arguments.model.utf8), known: NamedSize.allCases.map(\.rawValue))
    }
    let file = try JSONCursor.read(path)
    var configuration = try ModelConfiguration(file.value, file: file.file)
    if let dropout {
      configuration = try configuration.with(dropout: dropout, file: file.file)
    }
    configuration = try configuration.overridden(by: overrides, forBlocksOf: blockSize)
    source = .configuration(configuration)
    vocabularySize = arguments.vocabularySize ?? configuration.vocabularySize
  }

  /// The model's configuration for a vocabulary.
  ///
  /// A config.json that has room for fewer tokens than the tokenizer gets it, and one for fresh weights
  /// the ids of the tokenizer's special tokens.
  ///
  /// - Throws: `ModelError.vocabulary` if the user asked for fewer tokens.
  func configuration(for tokenizer: Tokenizer) throws -> ModelConfiguration {
    switch source {
    case .named(let name):
      let configuration = try ModelConfiguration.named(
        name, for: tokenizer, blockSize: blockSize, dropout: dropout ?? Self.usualDropout
      ).overridden(by: overrides, forBlocksOf: blockSize)
      guard tokenizer.vocabularySize <= configuration.vocabularySize else {
        throw ModelError.vocabulary(
          tokenizer: tokenizer.vocabularySize, model: configuration.vocabularySize)
      }
      return configuration
    case .configuration(var configuration):
      if tokenizer.vocabularySize > configuration.vocabularySize {
        guard !overriddenKeys.contains("vocab_size") else {
          throw ModelError.vocabulary(
            tokenizer: tokenizer.vocabularySize, model: configuration.vocabularySize)
        }
        configuration = try configuration.resized(toVocabulary: tokenizer.vocabularySize)
      }
      guard !isPretrained else { return configuration }
      let special = try tokenizer.specialTokens
      return try configuration.withSpecialTokens(
        padding: Int(special.padding), classification: Int(special.classification),
        separator: Int(special.separator), mask: Int(special.mask), keeping: overriddenKeys
      ).holding(blocksOf: blockSize)
    }
  }

  private var overriddenKeys: Set<String> { ModelConfiguration.keys(inOverrides: overrides ?? "") }

  /// What the user should know about the configuration that came out, a sentence each.
  func notes(on configuration: ModelConfiguration, for tokenizer: Tokenizer) -> [String] {
    guard case .configuration(let asked) = source else { return [] }
    var notes: [String] = []
    let count = tokenizer.vocabularySize
    if asked.vocabularySize < configuration.vocabularySize {
      notes.append(
        "vocab_size: config.json says \(asked.vocabularySize), the tokenizer has \(count) tokens: "
          + "the model gets as many")
    } else if !isPretrained, count < configuration.vocabularySize,
      !overriddenKeys.contains("vocab_size")
    {
      notes.append(
        "vocab_size: config.json says \(configuration.vocabularySize), the tokenizer has \(count) "
          + "tokens: the others are never used (--config-overrides vocab_size=\(count) leaves them "
          + "out)")
    }
    let padding = (try? tokenizer.specialTokens.padding).map(Int.init)
    if !isPretrained, let padding, padding != configuration.paddingID,
      !overriddenKeys.contains("pad_token_id")
    {
      notes.append(
        "pad_token_id: \(configuration.type) has \(configuration.paddingID) only, the tokenizer pads "
          + "with \(padding): Transformers counts no position for a token \(configuration.paddingID)"
      )
    } else if asked.paddingID != configuration.paddingID {
      notes.append(
        "pad_token_id: config.json says \(asked.paddingID), the tokenizer pads with "
          + "\(configuration.paddingID): so does the model")
    }
    return notes
  }
}

extension ModelConfiguration {
  /// The same configuration with what the user overrides, if the blocks fit into it.
  fileprivate func overridden(
    by overrides: String?, forBlocksOf blockSize: Int
  ) throws -> ModelConfiguration {
    let changed = try overrides.map { try overridden(by: $0) } ?? self
    return try changed.holding(blocksOf: blockSize)
  }

  /// The same configuration, if the blocks fit into it.
  fileprivate func holding(blocksOf blockSize: Int) throws -> ModelConfiguration {
    guard blockSize <= longestSequence else {
      throw ModelError.tooLong(length: blockSize, positions: longestSequence)
    }
    return self
  }

  /// The same configuration with another dropout of hidden states and attention probabilities.
  fileprivate func with(dropout: Double, file: String) throws -> ModelConfiguration {
    try changing(file: file) { members in
      for name in dropoutNames { members[name] = JSON(dropout) }
    }
  }
}
