public import Layers
public import Randomness
public import Tensors
public import Tokens

/// ALBERT with its masked-language head: BERT whose embeddings are factorized and whose layers share
/// their parameters.
///
/// Source: Lan et al. 2020, section 3.1; `transformers.AlbertForMaskedLM`.
public final class ALBERT: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let embeddings: Embeddings
  private let projection: Linear
  private let encoder: Encoder
  private let head: MaskedLanguageHead

  /// A model with fresh weights that `key` names; without one they are left for loading.
  public init(_ configuration: ModelConfiguration, key: RandomKey?) {
    self.configuration = configuration
    var parts = ParameterDeclarations()
    embeddings = Embeddings(configuration, named: .bert("albert.embeddings"), in: &parts)
    projection = Linear(
      configuration.embeddingSize, configuration.width,
      named: "albert.encoder.embedding_hidden_mapping_in",
      deviation: Float(configuration.initializerRange), in: &parts)
    let groupSize = configuration.groups?.layerCount ?? 1
    encoder = Encoder(configuration, outputDropout: 0, in: &parts) {
      .albert("\($0 / groupSize).albert_layers.\($0 % groupSize)")
    }
    head = MaskedLanguageHead(
      configuration, activation: configuration.activation, tiedTo: embeddings.words,
      dense: "predictions.dense", norm: "predictions.LayerNorm", bias: "predictions.bias",
      in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    head(encoder(projection(embeddings(batch, in: context)), batch, in: context))
  }
}

extension EncoderLayer.Names {
  fileprivate static func albert(_ place: String) -> Self {
    let layer = "albert.encoder.albert_layer_groups.\(place)"
    return Self(
      projections: ["query", "key", "value"].map { "\(layer).attention.\($0)" },
      attentionOutput: "\(layer).attention.dense", attentionNorm: "\(layer).attention.LayerNorm",
      intermediate: "\(layer).ffn", output: "\(layer).ffn_output",
      outputNorm: "\(layer).full_layer_layer_norm")
  }
}
