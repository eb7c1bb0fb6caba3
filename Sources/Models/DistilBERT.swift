public import Layers
public import Randomness
public import Tensors
public import Tokens

/// DistilBERT with its masked-language head: BERT without segments, under other names.
///
/// Source: Sanh et al. 2019; `transformers.DistilBertForMaskedLM`.
public final class DistilBERT: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let embeddings: Embeddings
  private let encoder: Encoder
  private let head: MaskedLanguageHead

  /// A model with fresh weights that `key` names; without one they are left for loading.
  public init(_ configuration: ModelConfiguration, key: RandomKey?) {
    self.configuration = configuration
    var parts = ParameterDeclarations()
    embeddings = Embeddings(configuration, named: .bert("distilbert.embeddings"), in: &parts)
    encoder = Encoder(configuration, in: &parts) {
      .distilBERT("distilbert.transformer.layer.\($0)")
    }
    head = MaskedLanguageHead(
      configuration, activation: configuration.activation, tiedTo: embeddings.words,
      dense: "vocab_transform", norm: "vocab_layer_norm",
      bias: "vocab_projector.bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    head(encoder(embeddings(batch, in: context), batch, in: context))
  }
}

extension EncoderLayer.Names {
  fileprivate static func distilBERT(_ layer: String) -> Self {
    Self(
      projections: ["q_lin", "k_lin", "v_lin"].map { "\(layer).attention.\($0)" },
      attentionOutput: "\(layer).attention.out_lin", attentionNorm: "\(layer).sa_layer_norm",
      intermediate: "\(layer).ffn.lin1", output: "\(layer).ffn.lin2",
      outputNorm: "\(layer).output_layer_norm")
  }
}
