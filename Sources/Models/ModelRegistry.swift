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
      type: "xlm-roberta", className: "XLMRobertaForMaskedLM", keys: .roberta, weights: .roberta,
      make: { RoBERTa($0, key: $1) }),
    Architecture(
      type: "camembert", className: "CamembertForMaskedLM", keys: .roberta, weights: .roberta,
      make: { RoBERTa($0, key: $1) }),
    Architecture(
      type: "electra", className: "ElectraForMaskedLM", keys: .electra, weights: .electra,
      make: { ELECTRA($0, key: $1) }),
    Architecture(
      type: "albert", className: "AlbertForMaskedLM", keys: .albert, weights: .albert,
      make: { ALBERT($0, key: $1) }),
    Architecture(
      type: "mpnet", className: "MPNetForMaskedLM", keys: .mpnet, weights: .mpnet,
      make: { MPNet($0, key: $1) }),
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
  var hasFixedPadding = false
  var vocabularySize = 30_522
  var usualSize = EncoderSize(
    layerCount: 12, width: 768, headCount: 12, intermediateSize: 3_072)
  var usualActivation = "gelu"
  var dropout = 0.1
  /// The usual size of embeddings that are smaller than the encoder's width.
  var embeddingSize: Int?
  /// Whether embeddings are mapped to the encoder's width even where that is their own.
  var alwaysProjects = false
  /// Whether layers share parameters, group by group.
  var hasGroups = false
  var hasRelativePositions = false
  var epsilonKey = "layer_norm_eps"
  /// What a missing member means, where architectures differ.
  var defaultEpsilon = 1e-12
  var positions = 512
  /// Whether positions are counted from the padding token's id on.
  var positionsFollowPadding = false

  func positionOffset(_ paddingID: Int) -> Int { positionsFollowPadding ? paddingID + 1 : 0 }

  static let bert = ConfigurationKeys()

  static let roberta = ConfigurationKeys(
    segments: 1, epsilon: 1e-5, paddingID: 1, vocabularySize: 50_265, positionsFollowPadding: true)

  static let distilBERT = ConfigurationKeys(
    width: "dim", layerCount: "n_layers", headCount: "n_heads", intermediateSize: "hidden_dim",
    hiddenDropout: "dropout", attentionDropout: "attention_dropout", activation: "activation",
    hasSegments: false, hasEpsilon: false,
    usualSize: EncoderSize(layerCount: 6, width: 768, headCount: 12, intermediateSize: 3_072))

  static let electra = ConfigurationKeys(
    usualSize: EncoderSize(layerCount: 12, width: 256, headCount: 4, intermediateSize: 1_024),
    embeddingSize: 128)

  static let albert = ConfigurationKeys(
    vocabularySize: 30_000,
    usualSize: EncoderSize(
      layerCount: 12, width: 4_096, headCount: 64, intermediateSize: 16_384),
    usualActivation: "gelu_new", dropout: 0, embeddingSize: 128, alwaysProjects: true,
    hasGroups: true)

  static let mpnet = ConfigurationKeys(
    hasSegments: false, paddingID: 1, hasFixedPadding: true, vocabularySize: 30_527,
    hasRelativePositions: true, positionsFollowPadding: true)
}
