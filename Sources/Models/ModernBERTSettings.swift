internal import Files
internal import Layers

/// What config.json says of ModernBERT and of no other architecture.
package struct ModernBERTSettings: Sendable {
  /// How many places away the farthest token is that local attention sees.
  package let window: Int
  /// For each layer, whether its attention is local.
  package let isLocal: [Bool]
  /// The base of rotary angles in layers of global attention.
  let globalBase: Double
  /// The base of rotary angles in layers of local attention.
  let localBase: Double
  /// Dropout of embeddings.
  package let embeddingDropout: Double
  let normsHaveBias: Bool
  let attentionHasBias: Bool
  let feedForwardHasBias: Bool
  let headHasBias: Bool
  let decoderHasBias: Bool
  /// How many deviations away the farthest initial weight lies.
  let cutoff: Double

  /// Reads and checks the members.
  init(_ reader: ConfigurationReader, _ size: EncoderSize) throws {
    window = try reader.int("local_attention", in: 1...1_048_576, default: 128) / 2
    isLocal = try Self.layers(reader, size.layerCount)
    globalBase = try Self.base(
      reader, "full_attention", older: "global_rope_theta", default: 160_000)
    localBase = try Self.base(
      reader, "sliding_attention", older: "local_rope_theta", default: 10_000)
    embeddingDropout = try reader.double("embedding_dropout", in: 0...0.99, default: 0)
    normsHaveBias = try reader.truth("norm_bias", default: false)
    attentionHasBias = try reader.truth("attention_bias", default: false)
    feedForwardHasBias = try reader.truth("mlp_bias", default: false)
    headHasBias = try reader.truth("classifier_bias", default: false)
    decoderHasBias = try reader.truth("decoder_bias", default: true)
    cutoff = try reader.double("initializer_cutoff_factor", in: 0.1...100, default: 2)
    try reader.require("hidden_activation", is: "gelu")
    try reader.require("classifier_activation", is: "gelu")
    try reader.require("rope_scaling", is: .null)
    try reader.require("head_dim", is: .init(size.width / size.headCount))
    guard size.width / size.headCount % 2 == 0 else {
      throw reader.wrong(
        "num_attention_heads", .init(size.headCount),
        wanted: "such that hidden_size / num_attention_heads is even, for rotary embeddings")
    }
  }

  private static func layers(_ reader: ConfigurationReader, _ count: Int) throws -> [Bool] {
    let kinds = ["full_attention", "sliding_attention"]
    let wanted = "\(count) times full_attention or sliding_attention"
    guard let types = try reader.texts("layer_types", wanted: wanted) else {
      let every = try reader.int("global_attn_every_n_layers", in: 1...1_024, default: 3)
      return (0..<count).map { $0 % every > 0 }
    }
    guard types.count == count, types.allSatisfy(kinds.contains) else {
      throw reader.wrong("layer_types", .init(types.map { JSON($0) }), wanted: wanted)
    }
    return types.map { $0 == kinds[1] }
  }

  private static func base(
    _ reader: ConfigurationReader, _ kind: String, older: String, default: Double
  ) throws -> Double {
    let range = 1.0...1e12
    let fallback = try reader.double(older, in: range, default: `default`)
    guard let all = reader.found("rope_parameters") else { return fallback }
    guard all.object != nil else {
      throw reader.wrong("rope_parameters", all, wanted: "an object")
    }
    guard let json = all[kind], !json.isNull else { return fallback }
    guard json.object != nil else {
      throw reader.wrong("rope_parameters.\(kind)", json, wanted: "an object")
    }
    let parameters = ConfigurationReader(json: json, file: reader.file)
    try parameters.require("rope_type", is: "default")
    return try parameters.double("rope_theta", in: range, default: fallback)
  }

  /// How many numbers training changes.
  func parameterCount(of configuration: ModelConfiguration) -> Int {
    let (width, inner) = (configuration.width, configuration.size.intermediateSize)
    let norm = normsHaveBias ? 2 * width : width
    let attention = 4 * width * width + (attentionHasBias ? 4 * width : 0)
    let feedForward = 3 * inner * width + (feedForwardHasBias ? 2 * inner + width : 0)
    let layers = configuration.layerCount * (attention + feedForward + 2 * norm) - norm
    let head = width * width + (headHasBias ? width : 0) + norm
    let decoder = decoderHasBias ? configuration.vocabularySize : 0
    return configuration.vocabularySize * width + norm + layers + norm + head + decoder
  }
}
