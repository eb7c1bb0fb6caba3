public import Layers
public import Randomness
public import Tensors
public import Tokens

/// The generator of ELECTRA with its masked-language head: BERT whose embeddings are smaller than its
/// hidden states.
///
/// Source: Clark et al. 2020, section 3.2; `transformers.ElectraForMaskedLM`.
public final class ELECTRA: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let embeddings: Embeddings
  /// From the embeddings to the encoder; nil where both have one size.
  private let projection: Linear?
  private let encoder: Encoder
  private let head: MaskedLanguageHead

  /// A model with fresh weights that `key` names; without one they are left for loading.
  public init(_ configuration: ModelConfiguration, key: RandomKey?) {
    self.configuration = configuration
    var parts = ParameterDeclarations()
    embeddings = Embeddings(configuration, named: .bert("electra.embeddings"), in: &parts)
    projection =
      configuration.isProjected
      ? Linear(
        configuration.embeddingSize, configuration.width, named: "electra.embeddings_project",
        deviation: Float(configuration.initializerRange), in: &parts) : nil
    encoder = Encoder(configuration, in: &parts) { .bert("electra.encoder.layer.\($0)") }
    head = MaskedLanguageHead(
      configuration, activation: .exact, tiedTo: embeddings.words,
      dense: "generator_predictions.dense", norm: "generator_predictions.LayerNorm",
      bias: "generator_lm_head.bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    let embedded = embeddings(batch, in: context)
    return head(encoder(projection?(embedded) ?? embedded, batch, in: context))
  }
}
