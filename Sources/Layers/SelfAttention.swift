public import Tensors
public import Tokens

/// Multi-head self-attention of packed sequences, without its output projection.
public struct SelfAttention {
  /// Queries, keys and values, computed as one map.
  public let projections: Linear
  private let width: Int
  private let headCount: Int

  /// Declares the maps of queries, keys and values under three names.
  ///
  /// - Parameters:
  ///   - width: The size of a token's vector.
  ///   - headCount: Must divide `width`.
  ///   - names: Of the maps of queries, keys and values, in this order.
  ///   - deviation: Of the initial weights.
  ///   - declarations: Takes the parameters.
  public init(
    _ width: Int, headCount: Int, named names: [String], deviation: Float = 0.02,
    in declarations: inout ParameterDeclarations
  ) {
    precondition(names.count == 3, "names of queries, keys and values, not \(names.count)")
    projections = Linear(width, width, fused: names, deviation: deviation, in: &declarations)
    self.width = width
    self.headCount = headCount
  }

  /// The context vectors of all tokens.
  ///
  /// - Parameters:
  ///   - x: `[tokenCount, width]`.
  ///   - batch: Says where sequences begin.
  ///   - positions: Give the scores a bias by distance; nil for none.
  ///   - dropout: Of the attention probabilities.
  /// - Returns: `[tokenCount, width]`.
  public func callAsFunction(
    _ x: Tensor, _ batch: MaskedBatch, positions: RelativePositions? = nil, dropout: Dropout?
  ) -> Tensor {
    let all = projections(x)
    return .attention(
      queries: Tensor.Columns(all, 0..<width), keys: Tensor.Columns(all, width..<2 * width),
      values: Tensor.Columns(all, 2 * width..<3 * width), queryOffsets: batch.sequenceOffsets,
      keyOffsets: batch.sequenceOffsets, headCount: headCount, bias: positions?.bias(batch),
      dropout: dropout, precision: projections.precision)
  }

  /// The context vectors of the masked tokens only; exact, since queries do not see one another.
  ///
  /// - Parameters:
  ///   - x: `[tokenCount, width]`.
  ///   - masked: The rows of `x` at the masked positions, `[maskedCount, width]`.
  ///   - batch: Says where sequences begin and what is masked.
  ///   - positions: Give the scores a bias by distance; nil for none.
  ///   - dropout: Of the attention probabilities.
  /// - Returns: `[maskedCount, width]`.
  public func callAsFunction(
    _ x: Tensor, masked: Tensor, _ batch: MaskedBatch, positions: RelativePositions? = nil,
    dropout: Dropout?
  ) -> Tensor {
    let queries = projections[0..<1](masked)
    let others = projections[1..<3](x)
    return .attention(
      queries: Tensor.Columns(queries), keys: Tensor.Columns(others, 0..<width),
      values: Tensor.Columns(others, width..<2 * width), queryOffsets: batch.maskedOffsets,
      keyOffsets: batch.sequenceOffsets, headCount: headCount,
      bias: positions?.maskedBias(batch), dropout: dropout, precision: projections.precision)
  }
}
