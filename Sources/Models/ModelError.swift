public import Diagnostics
import Files

/// What is wrong with a model or its configuration.
public enum ModelError: Diagnostic, Equatable {
  /// A value of config.json that cannot be honoured.
  case setting(file: String, key: String, found: String, wanted: String)
  /// What `--config-overrides` asks for and cannot be done.
  case override(String, problem: String)
  /// A `model_type` that no architecture here has.
  case unknownType(file: String, found: String, known: [String])
  /// Not a name of a size and no file.
  case unknownSize(String, known: [String])
  /// Weights do not fit the configuration.
  case weights(file: String, problem: String)
  /// More tokens in a sequence than the model has positions.
  case tooLong(length: Int, positions: Int)
  /// A tokenizer with more tokens than the model has vectors for.
  case vocabulary(tokenizer: Int, model: Int)

  /// The same error; where weights do not fit config.json, it names what has changed that.
  package func naming(overrides: String?) -> ModelError {
    guard let overrides, case .weights(let file, let problem) = self,
      problem.contains("config.json")
    else { return self }
    return .weights(
      file: file,
      problem: problem + ", or leave out \(ModelConfiguration.overridesOption) "
        + "\(String(displaying: overrides.utf8)), which changes config.json")
  }

  public var exitCode: ExitCode {
    switch self {
    case .setting, .override, .unknownType, .tooLong, .vocabulary: .configuration
    case .unknownSize: .usage
    case .weights: .data
    }
  }

  public var description: String {
    switch self {
    case .setting(let file, let key, let found, let wanted):
      "\(file): \(key): is \(found), must be \(wanted)"
    case .override(let part, let problem):
      "\(ModelConfiguration.overridesOption): '\(part)': \(problem)"
    case .unknownType(let file, let found, let known):
      "\(file): model_type: \(found) is not supported: use one of \(known.joined(separator: ", "))"
    case .unknownSize(let name, let known):
      "--model: '\(name)' is neither a file nor one of \(known.joined(separator: ", "))"
    case .weights(let file, let problem):
      "\(file): \(problem)"
    case .tooLong(let length, let positions):
      "--block-size: \(length) tokens, but the model has \(positions) positions: "
        + "use --block-size \(positions) or a larger max_position_embeddings"
    case .vocabulary(let tokenizer, let model):
      "vocab_size: the model has \(model) tokens, the tokenizer \(tokenizer): "
        + "set vocab_size in config.json to at least \(tokenizer)"
    }
  }
}
