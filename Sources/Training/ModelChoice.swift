import Files
import Models
import Tokenizers

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

  private static let usualDropout = 0.1

  /// Looks at the name or the config.json.
  ///
  /// - Throws: `ModelError` for an unknown name, a file that cannot be honoured or a block that is too
  ///   long for it; `FileError` or `JSONError` if the file cannot be read.
  init(_ arguments: TrainingArguments) throws {
    blockSize = arguments.blockSize
    dropout = arguments.dropout
    guard NamedSize(rawValue: arguments.model) == nil else {
      source = .named(arguments.model)
      vocabularySize = arguments.vocabularySize ?? TrainingArguments.defaultVocabularySize
      return
    }
    guard File.exists(arguments.model) else {
      throw ModelError.unknownSize(
        String(displaying: arguments.model.utf8), known: NamedSize.allCases.map(\.rawValue))
    }
    let file = JSONCursor(try JSONCursor.read(arguments.model).value, file: arguments.model)
    var configuration = try ModelConfiguration(file.value, file: file.file)
    if let dropout {
      configuration = try configuration.with(dropout: dropout, file: file.file)
    }
    guard blockSize <= configuration.longestSequence else {
      throw ModelError.tooLong(length: blockSize, positions: configuration.longestSequence)
    }
    source = .configuration(configuration)
    vocabularySize = arguments.vocabularySize ?? configuration.vocabularySize
  }

  /// The model's configuration for a vocabulary.
  ///
  /// - Throws: `ModelError.vocabulary` if a config.json has room for fewer tokens.
  func configuration(for tokenizer: Tokenizer) throws -> ModelConfiguration {
    switch source {
    case .named(let name):
      return try .named(
        name, for: tokenizer, blockSize: blockSize, dropout: dropout ?? Self.usualDropout)
    case .configuration(let configuration):
      guard tokenizer.vocabularySize <= configuration.vocabularySize else {
        throw ModelError.vocabulary(
          tokenizer: tokenizer.vocabularySize, model: configuration.vocabularySize)
      }
      return configuration
    }
  }
}

extension ModelConfiguration {
  /// The same configuration with another dropout of hidden states and attention probabilities.
  fileprivate func with(dropout: Double, file: String) throws -> ModelConfiguration {
    var members = json.object ?? JSONObject()
    for name in dropoutNames { members[name] = JSON(dropout) }
    return try ModelConfiguration(.object(members), file: file)
  }
}
