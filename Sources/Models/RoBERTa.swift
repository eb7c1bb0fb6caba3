public import Layers
public import Randomness
public import Tensors
public import Tokens

/// RoBERTa with its masked-language head: BERT whose positions are counted from the padding id on.
///
/// Source: Liu et al. 2019; `transformers.RobertaForMaskedLM`.
public final class RoBERTa: PretrainedModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterStore
  private let words: Embedding
  private let positions: Embedding
  private let segments: Embedding
  private let embeddingNorm: LayerNorm
  private let encoder: Encoder
  private let head: MaskedLanguageHead

  /// A model with fresh weights that `key` names.
  public init(_ configuration: ModelConfiguration, key: RandomKey) {
    self.configuration = configuration
    var parts = ParameterDeclarations()
    let deviation = Float(configuration.initializerRange)
    words = Embedding(
      configuration.vocabularySize, configuration.width,
      named: "roberta.embeddings.word_embeddings", deviation: deviation,
      paddingRow: configuration.paddingID, in: &parts)
    positions = Embedding(
      configuration.positionCount, configuration.width,
      named: "roberta.embeddings.position_embeddings", deviation: deviation,
      paddingRow: configuration.paddingID, in: &parts)
    segments = Embedding(
      configuration.segmentTypeCount, configuration.width,
      named: "roberta.embeddings.token_type_embeddings", deviation: deviation, in: &parts)
    embeddingNorm = LayerNorm(
      configuration.width, named: "roberta.embeddings.LayerNorm",
      epsilon: Float(configuration.epsilon), in: &parts)
    encoder = Encoder(configuration, in: &parts) { .bert("roberta.encoder.layer.\($0)") }
    head = MaskedLanguageHead(
      configuration, tiedTo: words, dense: "lm_head.dense",
      norm: "lm_head.layer_norm", bias: "lm_head.bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    let embedded = Tensor.embedding([
      (words.weight, batch.ids),
      (positions.weight, batch.positions(from: configuration.paddingID + 1)),
      (segments.weight, [Int32](repeating: 0, count: batch.tokenCount)),
    ])
    let x = embeddingNorm(embedded).dropout(context.dropout(configuration.hiddenDropout))
    return head(encoder(x, batch, in: context))
  }
}
