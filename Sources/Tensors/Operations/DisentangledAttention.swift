internal import CKernels
internal import Kernels

extension Tensor {
  /// What disentangled attention compares contents with.
  public struct RelativeRows {
    let keys: Columns?
    let queries: Columns?
    let distanceRows: [Int32]

    /// Relative positions.
    ///
    /// - Parameters:
    ///   - keys: What queries are compared with, `[rows, width]`; nil for nothing.
    ///   - queries: What keys are compared with, `[rows, width]`; nil for nothing.
    ///   - distanceRows: The row for every distance of a query to a key, from `-(count / 2)` on.
    public init(keys: Columns?, queries: Columns?, distanceRows: [Int32]) {
      self.keys = keys
      self.queries = queries
      self.distanceRows = distanceRows
    }
  }

  /// Multi-head attention over packed sequences whose scores are
  /// (qᵢ·kⱼ + qᵢ·rₖ[δ(i - j)] + kⱼ·r_q[δ(i - j)]) · scale.
  ///
  /// Source: He et al. 2021, equations 2 to 4; `DisentangledSelfAttention` of `transformers`'
  /// DeBERTa-v2.
  ///
  /// - Parameters:
  ///   - queries: `[queryRows, width]`, heads side by side in the columns.
  ///   - keys: `[keyRows, width]`.
  ///   - values: `[keyRows, width]`.
  ///   - relative: rₖ, r_q and δ.
  ///   - queryOffsets: One more than there are sequences.
  ///   - keyOffsets: One more than there are sequences.
  ///   - queryPlaces: The place of every query in its sequence, `[queryRows]`.
  ///   - headCount: Must divide `width`.
  ///   - scale: Of the scores.
  ///   - dropout: Of the attention probabilities; nil for none.
  /// - Returns: `[queryRows, width]`.
  /// - Precondition: All columns of every tensor are used exactly once.
  public static func disentangledAttention(
    queries: Columns, keys: Columns, values: Columns, relative: RelativeRows,
    queryOffsets: [Int32], keyOffsets: [Int32], queryPlaces: [Int32], headCount: Int,
    scale: Float, dropout: Dropout? = nil
  ) -> Tensor {
    let width = attentionWidth(
      queries, keys, values, queryCount: queryPlaces.count, keyOffsets: keyOffsets,
      headCount: headCount)
    let positions = [relative.keys, relative.queries].compactMap { $0 }
    let rowCounts = positions.map { $0.tensor.shape[0] }
    precondition(
      positions.allSatisfy { $0.columns.count == width } && Set(rowCounts).count <= 1,
      "disentangledAttention: width \(width), positions \(positions.map(\.tensor.shape))")
    let layout = DisentangledAttentionKernel.Layout(
      queryOffsets: queryOffsets, keyOffsets: keyOffsets, queryPlaces: queryPlaces,
      headCount: headCount, headSize: width / headCount, distanceRows: relative.distanceRows,
      rowCount: rowCounts.first ?? 0, scale: scale)
    let inputs = DisentangledAttentionKernel.Inputs(
      q: queries.operand, k: keys.operand, v: values.operand,
      positionKeys: relative.keys?.operand, positionQueries: relative.queries?.operand, layout,
      dropout: dropout?.stream ?? .none)
    let y = Storage(count: queries.tensor.shape[0] * width)
    let scratch = Storage(count: layout.scratchCount)
    DisentangledAttentionKernel.forward(
      output: .init(y.pointer, stride: width), inputs, scratch: scratch.pointer)
    extendLifetime(scratch)
    return attentionResult(y, width, [queries, keys, values] + positions) { dy, slopes in
      let scratch = Storage(count: layout.scratchCount)
      DisentangledAttentionKernel.backward(
        .init(
          q: slopes[0], k: slopes[1], v: slopes[2],
          positionKeys: relative.keys == nil ? nil : slopes[3],
          positionQueries: relative.queries == nil ? nil : slopes.last),
        doutput: .init(dy.pointer, stride: width), inputs, scratch: scratch.pointer)
      extendLifetime(scratch)
    }
  }
}
