internal import Files
internal import Layers
internal import Tensors

/// What config.json says of DeBERTa-v2 and v3 and of no other architecture.
package struct DeBERTaSettings: Sendable {
  /// What follows the convolution beside the first layer.
  enum Activation: String {
    case tanh, gelu, relu
  }

  /// Which relative position stands for a distance; nil without relative attention.
  let buckets: RelativeBuckets?
  /// Whether queries are compared with positions.
  package let comparesQueries: Bool
  /// Whether keys are compared with positions.
  package let comparesKeys: Bool
  /// Whether positions go through the maps of contents.
  package let sharesProjections: Bool
  /// Whether the vectors of relative positions are normalized.
  package let normalizesPositions: Bool
  /// Whether embeddings say where a token stands.
  let addsPositions: Bool
  let segmentTypeCount: Int
  /// How many neighbours the convolution beside the first layer has; 0 for none.
  package let convolutionSize: Int
  let activation: Activation
  /// Whether the head has the names of BERT's.
  let isLegacy: Bool
  private let kindCount: Int

  /// Reads and checks the members.
  init(_ reader: ConfigurationReader, _ size: EncoderSize, positionCount: Int) throws {
    let kinds = try Self.words(reader, "pos_att_type", known: ["c2p", "p2c"]) ?? []
    let isRelative = try reader.truth("relative_attention", default: false)
    comparesQueries = isRelative && kinds.contains("c2p")
    comparesKeys = isRelative && kinds.contains("p2c")
    kindCount = Set(kinds).count
    buckets = isRelative ? try Self.buckets(reader, positionCount: positionCount) : nil
    sharesProjections = try reader.truth("share_att_key", default: false)
    let norms = try Self.words(reader, "norm_rel_ebd", known: ["none", "layer_norm"]) ?? []
    normalizesPositions = norms.contains("layer_norm")
    addsPositions = try reader.truth("position_biased_input", default: true)
    segmentTypeCount = try reader.int("type_vocab_size", in: 0...65_536, default: 0)
    isLegacy = try reader.truth("legacy", default: true)
    convolutionSize = try reader.int("conv_kernel_size", in: 0...255, default: 0)
    guard convolutionSize == 0 || convolutionSize % 2 == 1 else {
      throw reader.wrong("conv_kernel_size", .init(convolutionSize), wanted: "odd, or 0 for none")
    }
    let name = reader.found("conv_act") ?? "tanh"
    guard let found = name.text.flatMap(Activation.init) else {
      throw reader.wrong("conv_act", name, wanted: "tanh, gelu or relu")
    }
    activation = found
    if convolutionSize > 0 { try reader.require("conv_groups", is: 1) }
    try reader.require("embedding_size", is: .init(size.width))
    try reader.require("attention_head_size", is: .init(size.width / size.headCount))
  }

  private static func buckets(
    _ reader: ConfigurationReader, positionCount: Int
  ) throws -> RelativeBuckets {
    let asked = try reader.int("max_relative_positions", in: -1...1_048_576, default: -1)
    let maximum = asked < 1 ? positionCount : asked
    let count = try reader.int("position_buckets", in: -1...1_048_576, default: -1)
    guard count > 0 else { return RelativeBuckets(bucketCount: nil, maximum: maximum) }
    guard count >= 2, count / 2 < maximum - 1 else {
      throw reader.wrong(
        "position_buckets", .init(count),
        wanted: "at least 2, and its half less than the farthest position, \(maximum - 1)")
    }
    return RelativeBuckets(bucketCount: count, maximum: maximum)
  }

  /// Words in an array, or in a string between bars.
  private static func words(
    _ reader: ConfigurationReader, _ key: String, known: [String]
  ) throws -> [String]? {
    let wanted = "made of \(known.joined(separator: ", "))"
    guard let found = reader.found(key) else { return nil }
    let text = found.text?.lowercased().split(separator: "|").map { $0.filter { $0 != " " } }
    let words = try text ?? (reader.texts(key, wanted: wanted) ?? [])
    guard words.allSatisfy(known.contains) else { throw reader.wrong(key, found, wanted: wanted) }
    return words
  }

  /// What scores are multiplied with, so that each of the products compared has variance 1 at first.
  func scale(headSize: Int) -> Float { 1 / Float(headSize * (1 + kindCount)).squareRoot() }

  /// How many rows of relative positions sequences of some length read.
  package func relativeRowCount(length: Int) -> Int {
    buckets?.rows(length: length).rows.count ?? 0
  }

  /// Members of config.json that only this architecture has: those of DeBERTa-v3.
  static func members(positionCount: Int) -> [(String, JSON)] {
    let bucketCount = positionCount >= 5 ? min(256, positionCount / 2) : -1
    return [
      ("legacy", false), ("max_relative_positions", -1), ("norm_rel_ebd", "layer_norm"),
      ("pos_att_type", ["p2c", "c2p"]), ("position_biased_input", false),
      ("position_buckets", .init(bucketCount)), ("relative_attention", true),
      ("share_att_key", true), ("type_vocab_size", 0),
    ]
  }

  /// How many numbers training changes.
  func parameterCount(of configuration: ModelConfiguration) -> Int {
    let (width, inner) = (configuration.width, configuration.size.intermediateSize)
    let square = ModelConfiguration.linear(width, width)
    let norm = ModelConfiguration.normalization(width)
    let feedForward =
      ModelConfiguration.linear(width, inner) + ModelConfiguration.linear(inner, width)
    let positions = addsPositions ? configuration.positionCount : 0
    let embeddings =
      (configuration.vocabularySize + positions + segmentTypeCount) * width + norm
    let relative = 2 * (buckets?.span ?? 0) * width + (normalizesPositions ? norm : 0)
    let maps = sharesProjections ? 0 : (comparesQueries ? 1 : 0) + (comparesKeys ? 1 : 0)
    let layer = (4 + maps) * square + 2 * norm + feedForward
    let convolution =
      convolutionSize > 0 ? width * width * convolutionSize + width + norm : 0
    let head = square + norm + configuration.vocabularySize
    return embeddings + relative + configuration.layerCount * layer + convolution + head
  }
}
