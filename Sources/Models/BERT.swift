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
      named: "bert.embeddings.word_embeddings", deviation: deviation,
      paddingRow: configuration.paddingID, in: &parts)
    positions = Embedding(
      configuration.positionCount, configuration.width,
      named: "bert.embeddings.position_embeddings", deviation: deviation, in: &parts)
    segments = Embedding(
      configuration.segmentTypeCount, configuration.width,
      named: "bert.embeddings.token_type_embeddings", deviation: deviation, in: &parts)
    embeddingNorm = LayerNorm(
      configuration.width, named: "bert.embeddings.LayerNorm",
      epsilon: Float(configuration.epsilon), in: &parts)
    encoder = Encoder(configuration, in: &parts) { .bert("bert.encoder.layer.\($0)") }
    head = MaskedLanguageHead(
      configuration, tiedTo: words, dense: "cls.predictions.transform.dense",
      norm: "cls.predictions.transform.LayerNorm", bias: "cls.predictions.bias", in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  public func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    let embedded = Tensor.embedding([
      (words.weight, batch.ids), (positions.weight, batch.positions(from: 0)),
      (segments.weight, [Int32](repeating: 0, count: batch.tokenCount)),
    ])
    let x = embeddingNorm(embedded).dropout(context.dropout(configuration.hiddenDropout))
    return head(encoder(x, batch, in: context))
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
