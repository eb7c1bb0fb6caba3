public import Layers
public import Randomness
public import Tensors
public import Tokens

/// BERT with its masked-language head.
///
/// Source: Devlin et al. 2019; `transformers.BertForMaskedLM`.
public final class BERT: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let embeddings: Embeddings
  private let encoder: Encoder
  private let head: MaskedLanguageHead

  /// A model with fresh weights that `key` names; without one they are left for loading.
  public init(_ configuration: ModelConfiguration, key: RandomKey?) {
    self.configuration = configuration
    var parts = ParameterDeclarations()
    embeddings = Embeddings(configuration, named: .bert("bert.embeddings"), in: &parts)
    encoder = Encoder(configuration, in: &parts) { .bert("bert.encoder.layer.\($0)") }
    head = MaskedLanguageHead(
      configuration, activation: configuration.activation, tiedTo: embeddings.words,
      dense: "cls.predictions.transform.dense",
      norm: "cls.predictions.transform.LayerNorm", bias: "cls.predictions.bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    head(encoder(embeddings(batch, in: context), batch, in: context))
  }
}

extension EncoderLayer.Names {
  /// The names that BERT and RoBERTa share, under a layer's prefix.
  static func bert(_ layer: String) -> Self {
    Self(
      projections: ["query", "key", "value"].map { "\(layer).attention.self.\($0)" },
      attentionOutput: "\(layer).attention.output.dense",
      attentionNorm: "\(layer).attention.output.LayerNorm",
      intermediate: "\(layer).intermediate.dense", output: "\(layer).output.dense",
      outputNorm: "\(layer).output.LayerNorm")
  }
}
