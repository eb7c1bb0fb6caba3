public import Layers
public import Randomness
public import Tensors
public import Tokens

/// MPNet with its masked-language head: RoBERTa without segments, whose attention also knows how far
/// apart tokens are.
///
/// Source: Song et al. 2020; `transformers.MPNetForMaskedLM`.
public final class MPNet: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let embeddings: Embeddings
  private let encoder: Encoder
  private let head: MaskedLanguageHead

  /// A model with fresh weights that `key` names; without one they are left for loading.
  public init(_ configuration: ModelConfiguration, key: RandomKey?) {
    self.configuration = configuration
    var parts = ParameterDeclarations()
    embeddings = Embeddings(
      configuration, named: .bert("mpnet.embeddings"),
      firstPosition: configuration.paddingID + 1, in: &parts)
    let positions = RelativePositions(
      configuration.relativeBucketCount, headCount: configuration.size.headCount,
      named: "mpnet.encoder.relative_attention_bias",
      deviation: Float(configuration.initializerRange), in: &parts)
    encoder = Encoder(configuration, positions: positions, in: &parts) {
      .mpnet("mpnet.encoder.layer.\($0)")
    }
    head = MaskedLanguageHead(
      configuration, activation: .exact, tiedTo: embeddings.words, dense: "lm_head.dense",
      norm: "lm_head.layer_norm", bias: "lm_head.bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    head(encoder(embeddings(batch, in: context), batch, in: context))
  }
}

extension EncoderLayer.Names {
  fileprivate static func mpnet(_ layer: String) -> Self {
    Self(
      projections: ["q", "k", "v"].map { "\(layer).attention.attn.\($0)" },
      attentionOutput: "\(layer).attention.attn.o",
      attentionNorm: "\(layer).attention.LayerNorm", intermediate: "\(layer).intermediate.dense",
      output: "\(layer).output.dense", outputNorm: "\(layer).output.LayerNorm")
  }
}
