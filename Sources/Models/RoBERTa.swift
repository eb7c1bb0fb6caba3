public import Layers
public import Randomness
public import Tensors
public import Tokens

/// RoBERTa with its masked-language head: BERT whose positions are counted from the padding id on.
///
/// XLM-R and CamemBERT are the same model, trained on other text: `xlm-roberta` and `camembert`.
/// Source: Liu et al. 2019; Conneau et al. 2020; Martin et al. 2020; `transformers.RobertaForMaskedLM`,
/// `XLMRobertaForMaskedLM`, `CamembertForMaskedLM`.
public final class RoBERTa: PretrainedModel {
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
      configuration, named: .bert("roberta.embeddings"),
      firstPosition: configuration.paddingID + 1, in: &parts)
    encoder = Encoder(configuration, in: &parts) { .bert("roberta.encoder.layer.\($0)") }
    head = MaskedLanguageHead(
      configuration, activation: .exact, tiedTo: embeddings.words, dense: "lm_head.dense",
      norm: "lm_head.layer_norm", bias: "lm_head.bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    head(encoder(embeddings(batch, in: context), batch, in: context))
  }
}
