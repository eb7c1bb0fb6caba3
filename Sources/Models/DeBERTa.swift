public import Layers
public import Randomness
public import Tensors
public import Tokens

/// DeBERTa-v2 and v3 with their masked-language head: attention that compares contents with relative
/// positions, and in large models of v2 a convolution beside the first layer.
///
/// Source: He et al. 2021, "DeBERTa: Decoding-enhanced BERT with Disentangled Attention", and
/// "DeBERTaV3"; `transformers.DebertaV2ForMaskedLM`.
public final class DeBERTa: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let settings: DeBERTaSettings
  private let embeddings: Embeddings
  private let relative: RelativeTable
  private let layers: [DeBERTaLayer]
  private let convolution: Convolution?
  private let head: MaskedLanguageHead

  /// A model with fresh weights that `key` names; without one they are left for loading.
  public init(_ configuration: ModelConfiguration, key: RandomKey?) {
    guard case .deBERTa(let settings) = configuration.settings else {
      preconditionFailure("a configuration of \(configuration.type), not of deberta-v2")
    }
    self.configuration = configuration
    self.settings = settings
    var parts = ParameterDeclarations()
    embeddings = Embeddings(
      configuration, named: .bert("deberta.embeddings"), addsPositions: settings.addsPositions,
      segmentTypeCount: settings.segmentTypeCount, in: &parts)
    relative = RelativeTable(configuration, settings, in: &parts)
    layers = (0..<configuration.layerCount).map {
      DeBERTaLayer(configuration, settings, "deberta.encoder.layer.\($0)", in: &parts)
    }
    convolution = Convolution(configuration, settings, in: &parts)
    let names = settings.isLegacy ? "cls.predictions.transform" : "lm_predictions.lm_head"
    head = MaskedLanguageHead(
      configuration, activation: configuration.activation, tiedTo: embeddings.words,
      dense: names + ".dense", norm: names + ".LayerNorm",
      bias: settings.isLegacy ? "cls.predictions.bias" : names + ".bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    let places = DeBERTaLayer.Places(
      batch, settings.buckets ?? RelativeBuckets(bucketCount: nil, maximum: batch.longest))
    var x = embeddings(batch, in: context)
    let (relative, convolution) = (relative, convolution)
    for (index, layer) in layers.dropLast().enumerated() {
      let y = context.recomputed(x) { x, context in
        let y = layer(x, batch, places, relative, in: context)
        guard index == 0, let convolution else { return y }
        defer { y.dropElements() }
        return convolution(y, beside: x, batch, rows: nil, in: context)
      }
      x.dropElements()
      x = y
    }
    guard let last = layers.last else { return head(x.gatherRows(batch.maskedPositions)) }
    defer { x.dropElements() }
    let y = last.masked(x, batch, places, relative, in: context)
    guard layers.count == 1, let convolution else { return head(y) }
    return head(convolution(y, beside: x, batch, rows: batch.maskedPositions, in: context))
  }
}

extension MaskedBatch {
  /// The length of the longest sequence, at least 1.
  fileprivate var longest: Int { max(longestSequence, 1) }
}

// MARK: - Parts

/// The vectors of relative positions, which all layers share.
private struct RelativeTable {
  private let embeddings: Embedding?
  private let norm: LayerNorm?

  /// Transformers has the normalization even where there is nothing to normalize.
  init(
    _ configuration: ModelConfiguration, _ settings: DeBERTaSettings,
    in parts: inout ParameterDeclarations
  ) {
    embeddings = settings.buckets.map {
      Embedding(
        2 * $0.span, configuration.width, named: "deberta.encoder.rel_embeddings",
        deviation: Float(configuration.initializerRange), in: &parts)
    }
    norm =
      settings.normalizesPositions
      ? LayerNorm(
        configuration.width, named: "deberta.encoder.LayerNorm",
        epsilon: Float(configuration.epsilon), in: &parts) : nil
  }

  /// Some rows of the table, `[rows.count, width]`; nil without relative attention.
  func callAsFunction(_ rows: [Int32]) -> Tensor? {
    guard let rows = embeddings?(rows) else { return nil }
    return norm?(rows, keepsNoCopy: true) ?? rows
  }
}

/// A convolution over a sequence whose result is added to that of the first layer, and normalized.
private struct Convolution {
  private let weight: Parameter
  private let bias: Parameter
  private let norm: LayerNorm
  private let size: Int
  private let activation: DeBERTaSettings.Activation
  private let dropout: Double

  init?(
    _ configuration: ModelConfiguration, _ settings: DeBERTaSettings,
    in parts: inout ParameterDeclarations
  ) {
    guard settings.convolutionSize > 0 else { return nil }
    (size, activation) = (settings.convolutionSize, settings.activation)
    dropout = configuration.hiddenDropout
    let width = configuration.width
    let name = "deberta.encoder.conv"
    weight = parts.parameter(
      name + ".conv.weight", shape: [width, width, size],
      .normal(deviation: Float(configuration.initializerRange)))
    bias = parts.parameter(name + ".conv.bias", shape: [width], .constant(0), decays: false)
    norm = LayerNorm(
      width, named: name + ".LayerNorm", epsilon: Float(configuration.epsilon), in: &parts)
  }

  /// - Parameters:
  ///   - y: What the first layer made of `x`: of all tokens, or of those in `rows`.
  ///   - x: `[tokenCount, width]`.
  ///   - batch: Says where sequences begin.
  ///   - rows: The tokens of `y`; nil for all.
  ///   - context: Gives the dropout.
  /// - Returns: As `y`.
  func callAsFunction(
    _ y: Tensor, beside x: Tensor, _ batch: MaskedBatch, rows: [Int32]?, in context: Context
  ) -> Tensor {
    let all = x.neighbours(size, offsets: batch.sequenceOffsets)
    let some = rows.map { all.gatherRows($0) } ?? all
    let convolved = some.linear([weight], biases: [bias]).dropout(context.dropout(dropout))
    let activated =
      switch activation {
      case .tanh: convolved.tanh()
      case .gelu: convolved.gelu()
      case .relu: convolved.relu()
      }
    return norm(y + activated, keepsNoCopy: true)
  }
}

// MARK: - Layers

/// Disentangled attention, then a feed-forward network, each with a residual and a normalization.
private struct DeBERTaLayer {
  /// Where tokens stand in their sequences, and which relative positions they read.
  struct Places {
    let tokens: [Int32]
    let masked: [Int32]
    let rows: [Int32]
    let distanceRows: [Int32]

    init(_ batch: MaskedBatch, _ buckets: RelativeBuckets) {
      (tokens, masked) = (batch.tokenPlaces, batch.maskedPlaces)
      (rows, distanceRows) = buckets.rows(length: batch.longestSequence)
    }
  }

  private let configuration: ModelConfiguration
  private let settings: DeBERTaSettings
  /// Queries, keys and values.
  private let projections: Linear
  private let positionKeys: Linear?
  private let positionQueries: Linear?
  private let attentionOutput: Linear
  private let attentionNorm: LayerNorm
  private let intermediate: Linear
  private let output: Linear
  private let outputNorm: LayerNorm

  init(
    _ configuration: ModelConfiguration, _ settings: DeBERTaSettings, _ layer: String,
    in parts: inout ParameterDeclarations
  ) {
    (self.configuration, self.settings) = (configuration, settings)
    let (width, inner) = (configuration.width, configuration.size.intermediateSize)
    let deviation = Float(configuration.initializerRange)
    func linear(_ inputs: Int, _ outputs: Int, _ name: String) -> Linear {
      Linear(inputs, outputs, named: "\(layer).\(name)", deviation: deviation, in: &parts)
    }
    func norm(_ name: String) -> LayerNorm {
      LayerNorm(
        width, named: "\(layer).\(name)", epsilon: Float(configuration.epsilon), in: &parts)
    }
    projections = Linear(
      width, width,
      fused: ["query", "key", "value"].map { "\(layer).attention.self.\($0)_proj" },
      deviation: deviation, in: &parts)
    let hasOwn = !settings.sharesProjections
    positionKeys =
      hasOwn && settings.comparesQueries
      ? linear(width, width, "attention.self.pos_key_proj") : nil
    positionQueries =
      hasOwn && settings.comparesKeys
      ? linear(width, width, "attention.self.pos_query_proj") : nil
    attentionOutput = linear(width, width, "attention.output.dense")
    attentionNorm = norm("attention.output.LayerNorm")
    intermediate = linear(width, inner, "intermediate.dense")
    output = linear(inner, width, "output.dense")
    outputNorm = norm("output.LayerNorm")
  }

  /// The vectors of all tokens, `[tokenCount, width]` to the same shape.
  func callAsFunction(
    _ x: Tensor, _ batch: MaskedBatch, _ places: Places, _ table: RelativeTable,
    in context: Context
  ) -> Tensor {
    let width = configuration.width
    let all = projections(x)
    let mixed = Tensor.disentangledAttention(
      queries: Tensor.Columns(all, 0..<width), keys: Tensor.Columns(all, width..<2 * width),
      values: Tensor.Columns(all, 2 * width..<3 * width),
      relative: relative(places, table, in: context), queryOffsets: batch.sequenceOffsets,
      keyOffsets: batch.sequenceOffsets, queryPlaces: places.tokens,
      headCount: configuration.size.headCount, scale: scale,
      dropout: context.dropout(configuration.attentionDropout))
    return finish(mixed, residual: x, in: context)
  }

  /// The vectors of the masked tokens only, `[maskedCount, width]`.
  func masked(
    _ x: Tensor, _ batch: MaskedBatch, _ places: Places, _ table: RelativeTable,
    in context: Context
  ) -> Tensor {
    let width = configuration.width
    let rows = x.gatherRows(batch.maskedPositions)
    let others = projections[1..<3](x)
    let mixed = Tensor.disentangledAttention(
      queries: Tensor.Columns(projections[0..<1](rows)),
      keys: Tensor.Columns(others, 0..<width), values: Tensor.Columns(others, width..<2 * width),
      relative: relative(places, table, in: context), queryOffsets: batch.maskedOffsets,
      keyOffsets: batch.sequenceOffsets, queryPlaces: places.masked,
      headCount: configuration.size.headCount, scale: scale,
      dropout: context.dropout(configuration.attentionDropout))
    return finish(mixed, residual: rows, in: context)
  }

  private var scale: Float {
    settings.scale(headSize: configuration.width / configuration.size.headCount)
  }

  /// The relative positions as queries and keys are compared with them, by maps of their own or by
  /// those of contents.
  private func relative(
    _ places: Places, _ table: RelativeTable, in context: Context
  ) -> Tensor.RelativeRows {
    let dropout = context.dropout(configuration.hiddenDropout)
    func rows(keys: Tensor.Columns?, queries: Tensor.Columns?) -> Tensor.RelativeRows {
      .init(keys: keys, queries: queries, distanceRows: places.distanceRows)
    }
    guard settings.comparesQueries || settings.comparesKeys,
      let x = table(places.rows)?.dropout(dropout)
    else {
      return .init(
        keys: nil, queries: nil,
        distanceRows: [Int32](repeating: 0, count: places.distanceRows.count))
    }
    let width = configuration.width
    guard settings.sharesProjections else {
      return rows(
        keys: positionKeys.map { Tensor.Columns($0(x)) },
        queries: positionQueries.map { Tensor.Columns($0(x)) })
    }
    switch (settings.comparesQueries, settings.comparesKeys) {
    case (true, true):
      let both = projections[0..<2](x)
      return rows(
        keys: Tensor.Columns(both, width..<2 * width), queries: Tensor.Columns(both, 0..<width))
    case (true, false): return rows(keys: Tensor.Columns(projections[1..<2](x)), queries: nil)
    default: return rows(keys: nil, queries: Tensor.Columns(projections[0..<1](x)))
    }
  }

  private func finish(_ mixed: Tensor, residual: Tensor, in context: Context) -> Tensor {
    let dropout = configuration.hiddenDropout
    let x = attentionNorm(
      after: attentionOutput, of: mixed, residual: residual, dropout: context.dropout(dropout))
    let y = outputNorm(
      after: output, of: intermediate.withoutBias(x),
      activation: Tensor.GELU(bias: intermediate.bias, form: configuration.activation),
      residual: x, dropout: context.dropout(dropout))
    x.dropElements()
    return y
  }
}

// MARK: - Names

extension ConfigurationKeys {
  static let deBERTa = ConfigurationKeys(
    hasSegments: false, epsilon: 1e-7, vocabularySize: 128_100,
    usualSize: EncoderSize(layerCount: 24, width: 1_536, headCount: 24, intermediateSize: 6_144),
    defaultEpsilon: 1e-7)
}

extension WeightNames {
  /// The names of DeBERTa-v2 and v3; the discriminator's head belongs to v3's pre-training, and files
  /// hold positions that embeddings do not add.
  static let deBERTa = WeightNames(
    encoder: "deberta", decoder: "cls.predictions.decoder", bias: "cls.predictions.bias",
    moreBiases: ["lm_predictions.lm_head.bias"],
    unused: ["mask_predictions.", "deberta.embeddings.position_"])
}
