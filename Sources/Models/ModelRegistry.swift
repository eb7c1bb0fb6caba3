internal import Files
internal import Layers
public import Randomness

/// The architectures that can be made, loaded and saved.
///
/// A new one is one line here.
public enum ModelRegistry {
  static let architectures = [
    Architecture(
      type: "bert", className: "BertForMaskedLM", keys: .bert, weights: .bert,
      make: { BERT($0, key: $1) }),
    Architecture(
      type: "roberta", className: "RobertaForMaskedLM", keys: .roberta, weights: .roberta,
      make: { RoBERTa($0, key: $1) }),
    Architecture(
      type: "distilbert", className: "DistilBertForMaskedLM", keys: .distilBERT,
      weights: .distilBERT, make: { DistilBERT($0, key: $1) }),
    Architecture(
      type: "modernbert", className: "ModernBertForMaskedLM", keys: .modernBERT,
      weights: .modernBERT, make: { ModernBERT($0, key: $1) },
      settings: { reader, size, _ in .modernBERT(try ModernBERTSettings(reader, size)) }),
    Architecture(
      type: "deberta-v2", className: "DebertaV2ForMaskedLM", keys: .deBERTa, weights: .deBERTa,
      make: { DeBERTa($0, key: $1) },
      settings: { reader, size, positionCount in
        .deBERTa(try DeBERTaSettings(reader, size, positionCount: positionCount))
      },
      others: { DeBERTaSettings.members(positionCount: $0) }),
  ]

  static func architecture(of type: String) -> Architecture? {
    architectures.first { $0.type == type }
  }

  /// A model with fresh weights, or with room for some that will be loaded.
  ///
  /// - Parameters:
  ///   - configuration: What it is made of.
  ///   - key: Names the initial weights; without one they are not written at all.
  /// - Returns: The model.
  public static func make(
    _ configuration: ModelConfiguration, key: RandomKey?
  ) -> any PretrainedModel {
    guard let architecture = architecture(of: configuration.type) else {
      preconditionFailure("no architecture \(configuration.type): a configuration checks its type")
    }
    return architecture.make(configuration, key)
  }
}

/// A line of the registry.
struct Architecture: Sendable {
  let type: String
  let className: String
  let keys: ConfigurationKeys
  let weights: WeightNames
  let make: @Sendable (ModelConfiguration, RandomKey?) -> any PretrainedModel
  /// Reads what only this architecture has; takes the number of positions.
  var settings: @Sendable (ConfigurationReader, EncoderSize, Int) throws -> ArchitectureSettings = {
    _, _, _ in .common
  }
  /// Members of config.json for a model of a number of positions.
  var others: @Sendable (Int) -> [(String, JSON)] = { _ in [] }
}

/// How an architecture spells its settings in config.json.
struct ConfigurationKeys: Sendable {
  var width = "hidden_size"
  var layerCount = "num_hidden_layers"
  var headCount = "num_attention_heads"
  var intermediateSize = "intermediate_size"
  var hiddenDropout = "hidden_dropout_prob"
  var attentionDropout = "attention_probs_dropout_prob"
  /// Dropout besides these two.
  var otherDropouts: [String] = []
  var activation = "hidden_act"
  var hasSegments = true
  var hasEpsilon = true
  var segments = 2
  var epsilon = 1e-12
  var paddingID = 0
  var vocabularySize = 30_522
  var layers = 12
  var epsilonKey = "layer_norm_eps"
  /// What a missing member means, where architectures differ.
  var defaultEpsilon = 1e-12
  var defaultWidth = 768
  var heads = 12
  var defaultIntermediateSize = 3_072
  var positions = 512
  var defaultDropout = 0.1
  /// Whether positions are counted from the padding token's id on.
  var positionsFollowPadding = false

  func positionOffset(_ paddingID: Int) -> Int { positionsFollowPadding ? paddingID + 1 : 0 }

  static let bert = ConfigurationKeys()

  static let roberta = ConfigurationKeys(
    segments: 1, epsilon: 1e-5, paddingID: 1, vocabularySize: 50_265, positionsFollowPadding: true)

  static let distilBERT = ConfigurationKeys(
    width: "dim", layerCount: "n_layers", headCount: "n_heads", intermediateSize: "hidden_dim",
    hiddenDropout: "dropout", attentionDropout: "attention_dropout", activation: "activation",
    hasSegments: false, hasEpsilon: false, layers: 6)
}
