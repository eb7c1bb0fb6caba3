package import Files
public import Layers
internal import Tensors

/// What an architecture is made of: the contents of Hugging Face's config.json.
public struct ModelConfiguration: Sendable {
  /// The architecture, `model_type`.
  public let type: String
  /// How many tokens the model knows.
  public let vocabularySize: Int
  /// The sizes of the encoder.
  public let size: EncoderSize
  /// The size of the embeddings' vectors; `width` for architectures that have no other.
  public let embeddingSize: Int
  /// Whether embeddings are mapped to the encoder's width by a layer of their own.
  public let isProjected: Bool
  /// The form of GELU in feed-forward networks.
  let activation: Tensor.GELUForm
  /// How many groups of layers there are that share their parameters; nil if every layer has its own.
  let groups: (count: Int, layerCount: Int)?
  /// The rows of the table of relative positions; 0 for architectures without one.
  public let relativeBucketCount: Int
  /// How many rows the table of positions has.
  public let positionCount: Int
  /// How many segment types there are; 0 for architectures without them.
  public let segmentTypeCount: Int
  /// Added to the variance in normalizations.
  public let epsilon: Double
  /// The standard deviation of initial weights.
  public let initializerRange: Double
  /// Dropout after embeddings and sublayers.
  public let hiddenDropout: Double
  /// Dropout of attention probabilities.
  public let attentionDropout: Double
  /// The token that pads, whose vector begins as zeros.
  public let paddingID: Int
  /// How many tokens stored weights have, if fewer than the model will.
  package var storedVocabularySize: Int
  /// The settings of config.json that mean something to the architecture.
  let settingNames: [String]
  /// What only this architecture has.
  package let settings: ArchitectureSettings
  /// The members of config.json as they will be written.
  package let json: JSON

  /// Reads config.json.
  ///
  /// - Parameters:
  ///   - json: The parsed file.
  ///   - file: Its name, for errors.
  /// - Throws: `ModelError` for an architecture or a value that cannot be honoured.
  package init(_ json: JSON, file: String) throws {
    let found = json["model_type"]?.text ?? "missing"
    guard let architecture = ModelRegistry.architecture(of: found) else {
      throw ModelError.unknownType(
        file: file, found: found, known: ModelRegistry.architectures.map(\.type))
    }
    let keys = architecture.keys
    let reader = ConfigurationReader(json: json, file: file)
    type = architecture.type
    vocabularySize = try reader.int("vocab_size", in: 2...(1 << 24), default: keys.vocabularySize)
    size = EncoderSize(
      layerCount: try reader.int(
        keys.layerCount, in: 1...1_024, default: keys.usualSize.layerCount),
      width: try reader.int(keys.width, in: 1...65_536, default: keys.usualSize.width),
      headCount: try reader.int(keys.headCount, in: 1...1_024, default: keys.usualSize.headCount),
      intermediateSize: try reader.int(
        keys.intermediateSize, in: 1...1_048_576, default: keys.usualSize.intermediateSize))
    embeddingSize =
      try keys.embeddingSize.map {
        try reader.int("embedding_size", in: 1...65_536, default: $0)
      } ?? size.width
    isProjected = keys.alwaysProjects || embeddingSize != size.width
    groups =
      keys.hasGroups
      ? (
        try reader.int("num_hidden_groups", in: 1...size.layerCount, default: 1),
        try reader.int("inner_group_num", in: 1...64, default: 1)
      ) : nil
    relativeBucketCount =
      keys.hasRelativePositions
      ? try reader.int(
        "relative_attention_num_buckets", in: RelativePositions.bucketCount...4_096,
        default: RelativePositions.bucketCount) : 0
    positionCount = try reader.int(
      "max_position_embeddings", in: 1...1_048_576, default: keys.positions)
    segmentTypeCount =
      keys.hasSegments ? try reader.int("type_vocab_size", in: 1...65_536, default: 2) : 0
    epsilon =
      keys.hasEpsilon
      ? try reader.double(keys.epsilonKey, in: 0...1, default: keys.defaultEpsilon) : 1e-12
    initializerRange = try reader.double("initializer_range", in: 0...10, default: 0.02)
    hiddenDropout = try reader.double(keys.hiddenDropout, in: 0...0.99, default: keys.dropout)
    attentionDropout = try reader.double(
      keys.attentionDropout, in: 0...0.99, default: keys.dropout)
    paddingID = try reader.int(
      "pad_token_id",
      in: keys.hasFixedPadding ? keys.paddingID...keys.paddingID : 0...(vocabularySize - 1),
      default: keys.paddingID)
    guard size.width % size.headCount == 0 else {
      throw ModelError.setting(
        file: file, key: keys.headCount, found: "\(size.headCount)",
        wanted: "a divisor of \(size.width)")
    }
    activation = try reader.choice(
      keys.activation,
      among: [("gelu", .exact), ("gelu_new", .tanh), ("gelu_pytorch_tanh", .tanh)],
      default: keys.usualActivation == "gelu" ? .exact : .tanh)
    try reader.require("position_embedding_type", is: .string(Array("absolute".utf8)))
    try reader.require("tie_word_embeddings", is: .bool(true))
    try reader.require("is_decoder", is: .bool(false))
    try reader.require("add_cross_attention", is: .bool(false))
    settings = try architecture.settings(reader, size, positionCount)
    storedVocabularySize = vocabularySize
    settingNames = reader.names
    self.json = json
  }

  /// One of the named sizes.
  ///
  /// - Parameters:
  ///   - name: `micro`, `tiny`, `mini`, `small`, `base` (BERT) or `distil` (DistilBERT).
  ///   - vocabularySize: The tokenizer's.
  ///   - blockSize: The longest sequence; the model has at least 512 positions.
  ///   - dropout: Of hidden states and attention probabilities.
  ///   - paddingID: The token that pads.
  /// - Returns: The configuration.
  /// - Throws: `ModelError` for another name or an impossible value.
  public static func named(
    _ name: String, vocabularySize: Int, blockSize: Int, dropout: Double, paddingID: Int
  ) throws -> ModelConfiguration {
    guard let named = NamedSize(rawValue: name) else {
      throw ModelError.unknownSize(name, known: NamedSize.allCases.map(\.rawValue))
    }
    return try custom(
      named.size, type: named.type, vocabularySize: vocabularySize,
      positionCount: max(512, blockSize), dropout: dropout, paddingID: paddingID)
  }

  /// A configuration of any size.
  ///
  /// - Throws: `ModelError` for an impossible value.
  public static func custom(
    _ size: EncoderSize, type: String, vocabularySize: Int, positionCount: Int, dropout: Double,
    paddingID: Int
  ) throws -> ModelConfiguration {
    guard let architecture = ModelRegistry.architecture(of: type) else {
      throw ModelError.unknownType(
        file: "model", found: type, known: ModelRegistry.architectures.map(\.type))
    }
    let keys = architecture.keys
    var members: [(String, JSON)] = [
      (keys.activation, .init(keys.usualActivation)),
      ("architectures", [.init(architecture.className)]),
      (keys.attentionDropout, .init(dropout)), (keys.hiddenDropout, .init(dropout)),
      (keys.width, .init(size.width)), ("initializer_range", 0.02),
      (keys.intermediateSize, .init(size.intermediateSize)),
    ]
    if let size = keys.embeddingSize { members.append(("embedding_size", .init(size))) }
    if keys.hasEpsilon { members.append((keys.epsilonKey, .init(keys.epsilon))) }
    members += [
      ("max_position_embeddings", .init(positionCount + keys.positionOffset(paddingID))),
      ("model_type", .init(type)), (keys.headCount, .init(size.headCount)),
      (keys.layerCount, .init(size.layerCount)), ("pad_token_id", .init(paddingID)),
      ("tie_word_embeddings", true),
    ]
    if keys.hasSegments { members.append(("type_vocab_size", .init(keys.segments))) }
    members += keys.otherDropouts.map { ($0, .init(dropout)) }
    members += architecture.others(positionCount)
    members.append(("vocab_size", .init(vocabularySize)))
    return try ModelConfiguration(JSON(members), file: "model")
  }

  /// The members of config.json that say how much is dropped.
  package var dropoutNames: [String] {
    guard let keys = ModelRegistry.architecture(of: type)?.keys else { return [] }
    return [keys.hiddenDropout, keys.attentionDropout] + keys.otherDropouts
  }

  /// The size of a token's vector.
  public var width: Int { size.width }

  /// How many encoder layers there are, those of other parameters and those that share them.
  public var layerCount: Int { size.layerCount }

  /// The layers in the order in which a token passes through them, by the number of their parameters.
  ///
  /// Source: Lan et al. 2020, section 3.1; `transformers.AlbertTransformer` for the groups.
  public var layerOrder: [Int] {
    guard let groups else { return Array(0..<layerCount) }
    let share = Double(layerCount) / Double(groups.count)
    return (0..<layerCount).flatMap { layer in
      let first = Int(Double(layer) / share) * groups.layerCount
      return first..<first + groups.layerCount
    }
  }

  /// How many layers have parameters of their own.
  public var ownLayerCount: Int { groups.map { $0.count * $0.layerCount } ?? layerCount }

  /// The longest sequence that the model takes, in tokens.
  public var longestSequence: Int {
    positionCount - (ModelRegistry.architecture(of: type)?.keys.positionOffset(paddingID) ?? 0)
  }
}
