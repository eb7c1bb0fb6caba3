internal import Layers
internal import Tensors
internal import Tokens

/// Where a model begins: the sum of a token's, its position's and its segment's vectors, normalized.
///
/// Source: Devlin et al. 2019, section 3; `transformers.BertEmbeddings`.
struct Embeddings {
  /// The names of the tables and of the normalization in a model's file.
  struct Names {
    let words: String
    let positions: String
    let segments: String
    let norm: String

    /// The names that the BERT family shares, under the name of the whole.
    static func bert(_ whole: String) -> Self {
      Self(
        words: "\(whole).word_embeddings", positions: "\(whole).position_embeddings",
        segments: "\(whole).token_type_embeddings", norm: "\(whole).LayerNorm")
    }
  }

  /// The tokens' table, to which the head is tied.
  let words: Embedding
  private let positions: Embedding?
  private let segments: Embedding?
  private let norm: LayerNorm
  private let firstPosition: Int
  private let dropout: Double

  /// Declares the tables, that of segments if there are any, and the normalization.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - names: Of the parts.
  ///   - firstPosition: The row of a sequence's first token; where it is not 0, the row before it is
  ///     that of padding and begins as zeros.
  ///   - addsPositions: Whether vectors of positions are added.
  ///   - segmentTypeCount: How many segments there are; nil for the configuration's.
  ///   - declarations: Takes the parameters.
  init(
    _ configuration: ModelConfiguration, named names: Names, firstPosition: Int = 0,
    addsPositions: Bool = true, segmentTypeCount: Int? = nil,
    in declarations: inout ParameterDeclarations
  ) {
    let width = configuration.embeddingSize
    let deviation = Float(configuration.initializerRange)
    words = Embedding(
      configuration.vocabularySize, width, named: names.words, deviation: deviation,
      paddingRow: configuration.paddingID, in: &declarations)
    positions =
      addsPositions
      ? Embedding(
        configuration.positionCount, width, named: names.positions, deviation: deviation,
        paddingRow: firstPosition > 0 ? firstPosition - 1 : nil, in: &declarations) : nil
    let segmentTypeCount = segmentTypeCount ?? configuration.segmentTypeCount
    segments =
      segmentTypeCount > 0
      ? Embedding(
        segmentTypeCount, width, named: names.segments, deviation: deviation, in: &declarations)
      : nil
    norm = LayerNorm(
      width, named: names.norm, epsilon: Float(configuration.epsilon), in: &declarations)
    self.firstPosition = firstPosition
    dropout = configuration.hiddenDropout
  }

  /// The vectors of all tokens, `[tokenCount, embeddingSize]`; every token is of segment 0.
  func callAsFunction(_ batch: MaskedBatch, in context: Context) -> Tensor {
    var lookups = [(words.weight, batch.ids)]
    if let positions {
      lookups.append((positions.weight, batch.tokenPlaces.map { $0 + Int32(firstPosition) }))
    }
    if let segments {
      lookups.append((segments.weight, [Int32](repeating: 0, count: batch.tokenCount)))
    }
    let x = norm(.embedding(lookups), keepsNoCopy: true)
    guard let dropout = context.dropout(dropout) else { return x }
    defer { x.dropElements() }
    return x.dropout(dropout)
  }
}
