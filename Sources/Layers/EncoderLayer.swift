public import Tensors
public import Tokens

/// One layer of a post-norm transformer encoder: attention, then a feed-forward network, each with
/// a residual and a normalization.
///
/// Source: Vaswani et al. 2017, section 3.1; Devlin et al. 2019.
public struct EncoderLayer {
  /// The names of a layer's parts in a model's file.
  public struct Names {
    let projections: [String]
    let attentionOutput: String
    let attentionNorm: String
    let intermediate: String
    let output: String
    let outputNorm: String

    /// Names in the order of the forward pass; `projections` are queries, keys, values.
    public init(
      projections: [String], attentionOutput: String, attentionNorm: String,
      intermediate: String, output: String, outputNorm: String
    ) {
      self.projections = projections
      self.attentionOutput = attentionOutput
      self.attentionNorm = attentionNorm
      self.intermediate = intermediate
      self.output = output
      self.outputNorm = outputNorm
    }
  }

  /// What a layer is made of: the sizes of its encoder, and numbers that all its parts share.
  public struct Shape {
    let size: EncoderSize
    let epsilon: Float
    let deviation: Float
    let hiddenDropout: Double
    let attentionDropout: Double
    let outputDropout: Double
    let activation: Tensor.GELUForm

    /// See the configuration of BERT for the meaning of each.
    ///
    /// - Parameters:
    ///   - size: The sizes of the encoder.
    ///   - epsilon: Added to the variance in normalizations.
    ///   - deviation: Of the initial weights.
    ///   - hiddenDropout: After attention.
    ///   - attentionDropout: Of attention probabilities.
    ///   - outputDropout: After the feed-forward network; nil for `hiddenDropout`.
    ///   - activation: Within the feed-forward network.
    public init(
      _ size: EncoderSize, epsilon: Float, deviation: Float, hiddenDropout: Double,
      attentionDropout: Double, outputDropout: Double? = nil,
      activation: Tensor.GELUForm = .exact
    ) {
      self.size = size
      self.epsilon = epsilon
      self.deviation = deviation
      self.hiddenDropout = hiddenDropout
      self.attentionDropout = attentionDropout
      self.outputDropout = outputDropout ?? hiddenDropout
      self.activation = activation
    }
  }

  private let shape: Shape
  private let positions: RelativePositions?
  private let attention: SelfAttention
  private let attentionOutput: Linear
  private let attentionNorm: LayerNorm
  private let intermediate: Linear
  private let output: Linear
  private let outputNorm: LayerNorm

  /// Declares a layer's parameters; `positions`, which layers share, are declared already.
  public init(
    _ shape: Shape, named names: Names, positions: RelativePositions? = nil,
    in declarations: inout ParameterDeclarations
  ) {
    self.shape = shape
    self.positions = positions
    let (size, width, deviation) = (shape.size, shape.size.width, shape.deviation)
    attention = SelfAttention(
      width, headCount: size.headCount, named: names.projections, deviation: deviation,
      in: &declarations)
    attentionOutput = Linear(
      width, width, named: names.attentionOutput, deviation: deviation, in: &declarations)
    attentionNorm = LayerNorm(
      width, named: names.attentionNorm, epsilon: shape.epsilon, in: &declarations)
    intermediate = Linear(
      width, size.intermediateSize, named: names.intermediate, deviation: deviation,
      in: &declarations)
    output = Linear(
      size.intermediateSize, width, named: names.output, deviation: deviation,
      in: &declarations)
    outputNorm = LayerNorm(
      width, named: names.outputNorm, epsilon: shape.epsilon, in: &declarations)
  }

  /// The vectors of all tokens, `[tokenCount, width]` to the same shape.
  public func callAsFunction(_ x: Tensor, _ batch: MaskedBatch, in context: Context) -> Tensor {
    let mixed = attention(
      x, batch, positions: positions, dropout: context.dropout(shape.attentionDropout))
    return finish(mixed, residual: x, in: context)
  }

  /// The vectors of the masked tokens only, `[maskedCount, width]`.
  ///
  /// The loss reads the last layer at masked positions only, so there all but keys and values is
  /// computed for these; the same result as picking the rows from the whole.
  public func masked(_ x: Tensor, _ batch: MaskedBatch, in context: Context) -> Tensor {
    let rows = x.gatherRows(batch.maskedPositions)
    let mixed = attention(
      x, masked: rows, batch, positions: positions,
      dropout: context.dropout(shape.attentionDropout))
    return finish(mixed, residual: rows, in: context)
  }

  private func finish(_ mixed: Tensor, residual: Tensor, in context: Context) -> Tensor {
    let x = attentionNorm(
      after: attentionOutput, of: mixed, residual: residual,
      dropout: context.dropout(shape.hiddenDropout))
    let y = outputNorm(
      after: output, of: intermediate.withoutBias(x),
      activation: Tensor.GELU(bias: intermediate.bias, form: shape.activation), residual: x,
      dropout: context.dropout(shape.outputDropout))
    x.dropElements()
    return y
  }
}
