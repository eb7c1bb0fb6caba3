public import Layers
public import Randomness
public import Tensors
public import Tokens

/// ModernBERT with its masked-language head: rotary positions, attention that is local in two layers
/// of three, gated feed-forward networks, normalization before each sublayer, no biases.
///
/// Source: Warner et al. 2024, "Smarter, Better, Faster, Longer"; `transformers.ModernBertForMaskedLM`.
public final class ModernBERT: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let settings: ModernBERTSettings
  private let words: Embedding
  private let embeddingNorm: LayerNorm
  private let layers: [Layer]
  private let finalNorm: LayerNorm
  private let dense: Linear
  private let headNorm: LayerNorm
  private let decoderBias: Parameter?

  /// A model with fresh weights that `key` names; without one they are left for loading.
  public init(_ configuration: ModelConfiguration, key: RandomKey?) {
    guard case .modernBERT(let settings) = configuration.settings else {
      preconditionFailure("a configuration of \(configuration.type), not of modernbert")
    }
    self.configuration = configuration
    self.settings = settings
    var parts = ParameterDeclarations()
    let width = configuration.width
    func norm(_ name: String) -> LayerNorm {
      LayerNorm(
        width, named: name, epsilon: Float(configuration.epsilon), hasBias: settings.normsHaveBias,
        in: &parts)
    }
    words = Embedding(
      configuration.vocabularySize, width, named: "model.embeddings.tok_embeddings",
      deviation: Float(configuration.initializerRange), cutoff: Float(settings.cutoff), in: &parts)
    embeddingNorm = norm("model.embeddings.norm")
    let headSize = width / configuration.size.headCount
    let angles = [settings.globalBase, settings.localBase].map {
      RotaryAngles(headSize: headSize, base: $0)
    }
    layers = zip(0..., settings.isLocal).map { index, isLocal in
      Layer(
        configuration, settings, index: index, window: isLocal ? settings.window : nil,
        angles: angles[isLocal ? 1 : 0], in: &parts)
    }
    finalNorm = norm("model.final_norm")
    dense = Linear(
      width, width, named: "head.dense", deviation: configuration.outputDeviation,
      cutoff: Float(settings.cutoff), hasBias: settings.headHasBias, in: &parts)
    headNorm = norm("head.norm")
    decoderBias =
      settings.decoderHasBias
      ? parts.parameter(
        "decoder.bias", shape: [configuration.vocabularySize], .constant(0), decays: false) : nil
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    let (places, masked) = (batch.tokenPlaces, batch.maskedPlaces)
    var x = embeddingNorm(words(batch.ids), keepsNoCopy: true)
      .dropout(context.dropout(settings.embeddingDropout))
    for layer in layers.dropLast() {
      x = context.recomputed(x) { layer($0, batch, places, in: $1) }
    }
    x = layers.last?.masked(x, batch, places, masked, in: context) ?? x
    let hidden = headNorm(dense(finalNorm(x, keepsNoCopy: true)).gelu())
    return MaskedPredictions(hidden: hidden, decoder: words.weight, bias: decoderBias)
  }
}

// MARK: - Layers

/// Attention, then a gated feed-forward network, each behind a normalization and beside a residual;
/// the first layer's attention reads what the embeddings have normalized.
private struct Layer {
  private let width: Int
  private let headCount: Int
  private let window: Int?
  private let angles: RotaryAngles
  private let attentionDropout: Double
  private let hiddenDropout: Double
  private let attentionNorm: LayerNorm?
  /// Queries, keys and values.
  private let projections: Linear
  private let attentionOutput: Linear
  private let feedForwardNorm: LayerNorm
  /// What is activated, then what gates it.
  private let intermediate: Linear
  private let output: Linear

  init(
    _ configuration: ModelConfiguration, _ settings: ModernBERTSettings, index: Int, window: Int?,
    angles: RotaryAngles, in parts: inout ParameterDeclarations
  ) {
    let (width, inner) = (configuration.width, configuration.size.intermediateSize)
    self.width = width
    self.window = window
    self.angles = angles
    headCount = configuration.size.headCount
    attentionDropout = configuration.attentionDropout
    hiddenDropout = configuration.hiddenDropout
    let layer = "model.layers.\(index)"
    func norm(_ name: String) -> LayerNorm {
      LayerNorm(
        width, named: "\(layer).\(name)", epsilon: Float(configuration.epsilon),
        hasBias: settings.normsHaveBias, in: &parts)
    }
    func linear(
      _ inputs: Int, _ outputs: Int, _ name: String, deviation: Float, hasBias: Bool
    ) -> Linear {
      Linear(
        inputs, outputs, named: "\(layer).\(name)", deviation: deviation,
        cutoff: Float(settings.cutoff), hasBias: hasBias, in: &parts)
    }
    let (first, last) = (Float(configuration.initializerRange), configuration.outputDeviation)
    attentionNorm = index > 0 ? norm("attn_norm") : nil
    projections = linear(
      width, 3 * width, "attn.Wqkv", deviation: first, hasBias: settings.attentionHasBias)
    attentionOutput = linear(
      width, width, "attn.Wo", deviation: last, hasBias: settings.attentionHasBias)
    feedForwardNorm = norm("mlp_norm")
    intermediate = linear(
      width, 2 * inner, "mlp.Wi", deviation: first, hasBias: settings.feedForwardHasBias)
    output = linear(
      inner, width, "mlp.Wo", deviation: last, hasBias: settings.feedForwardHasBias)
  }

  /// The vectors of all tokens, `[tokenCount, width]` to the same shape.
  func callAsFunction(
    _ x: Tensor, _ batch: MaskedBatch, _ places: [Int32], in context: Context
  ) -> Tensor {
    let all = projections(normalized(x))
      .rotated(0..<2 * width, by: angles, positions: places, overwritesInput: true)
    let mixed = attention(
      queries: Tensor.Columns(all, 0..<width), keys: Tensor.Columns(all, width..<2 * width),
      values: Tensor.Columns(all, 2 * width..<3 * width), offsets: batch.sequenceOffsets, places,
      batch, in: context)
    return finish(mixed, residual: x, in: context)
  }

  /// The vectors of the masked tokens only, `[maskedCount, width]`.
  func masked(
    _ x: Tensor, _ batch: MaskedBatch, _ places: [Int32], _ maskedPlaces: [Int32],
    in context: Context
  ) -> Tensor {
    let rows = x.gatherRows(batch.maskedPositions)
    let all = normalized(x)
    let some = attentionNorm == nil ? rows : all.gatherRows(batch.maskedPositions)
    let queries = projections(some, outputs: 0..<width)
      .rotated(0..<width, by: angles, positions: maskedPlaces, overwritesInput: true)
    let others = projections(all, outputs: width..<3 * width)
      .rotated(0..<width, by: angles, positions: places, overwritesInput: true)
    let mixed = attention(
      queries: Tensor.Columns(queries), keys: Tensor.Columns(others, 0..<width),
      values: Tensor.Columns(others, width..<2 * width), offsets: batch.maskedOffsets,
      maskedPlaces, batch, in: context)
    return finish(mixed, residual: rows, in: context)
  }

  private func normalized(_ x: Tensor) -> Tensor { attentionNorm?(x, keepsNoCopy: true) ?? x }

  private func attention(
    queries: Tensor.Columns, keys: Tensor.Columns, values: Tensor.Columns, offsets: [Int32],
    _ places: [Int32], _ batch: MaskedBatch, in context: Context
  ) -> Tensor {
    let dropout = context.dropout(attentionDropout)
    guard let window else {
      return .attention(
        queries: queries, keys: keys, values: values, queryOffsets: offsets,
        keyOffsets: batch.sequenceOffsets, headCount: headCount, dropout: dropout,
        precision: projections.precision)
    }
    return .attention(
      queries: queries, keys: keys, values: values, queryOffsets: offsets,
      keyOffsets: batch.sequenceOffsets, queryPlaces: places, window: window,
      headCount: headCount, dropout: dropout)
  }

  private func finish(_ mixed: Tensor, residual: Tensor, in context: Context) -> Tensor {
    let x = attentionOutput(mixed).added(to: residual, dropout: context.dropout(attentionDropout))
    let hidden = intermediate(feedForwardNorm(x, keepsNoCopy: true)).gatedGELU()
      .dropout(context.dropout(hiddenDropout))
    return output(hidden).added(to: x)
  }
}

// MARK: - Names

extension ModelConfiguration {
  /// The deviation of initial weights whose results are added to a residual.
  fileprivate var outputDeviation: Float {
    Float(initializerRange / (2 * Double(layerCount)).squareRoot())
  }
}

extension ConfigurationKeys {
  static let modernBERT = ConfigurationKeys(
    hiddenDropout: "mlp_dropout", attentionDropout: "attention_dropout",
    otherDropouts: ["embedding_dropout"],
    activation: "hidden_activation", hasSegments: false, epsilon: 1e-5, paddingID: 50_283,
    vocabularySize: 50_368,
    usualSize: EncoderSize(layerCount: 22, width: 768, headCount: 12, intermediateSize: 1_152),
    dropout: 0, epsilonKey: "norm_eps", defaultEpsilon: 1e-5, positions: 8_192)
}

extension WeightNames {
  /// The names of ModernBERT.
  static let modernBERT = WeightNames(
    encoder: "model", embeddings: "tok_embeddings", decoder: "decoder", bias: "decoder.bias",
    unused: [])
}
