internal import CKernels
internal import Kernels

extension Tensor {
  /// Multi-head attention over packed sequences in which a query sees only keys near it.
  ///
  /// Source: Beltagy et al. 2020, section 3.1; Warner et al. 2024, section 2.1.2 (local attention);
  /// `torch.nn.functional.scaled_dot_product_attention` with a mask.
  ///
  /// - Parameters:
  ///   - queries: `[queryRows, width]`, heads side by side in the columns.
  ///   - keys: `[keyRows, width]`.
  ///   - values: `[keyRows, width]`.
  ///   - queryOffsets: One more than there are sequences.
  ///   - keyOffsets: One more than there are sequences.
  ///   - queryPlaces: The place of every query in its sequence, `[queryRows]`, ascending.
  ///   - window: How many places away the farthest key is that a query sees.
  ///   - headCount: Must divide `width`.
  ///   - dropout: Of the attention probabilities; nil for none.
  /// - Returns: `[queryRows, width]`.
  /// - Precondition: All columns of every tensor are used exactly once.
  public static func attention(
    queries: Columns, keys: Columns, values: Columns, queryOffsets: [Int32], keyOffsets: [Int32],
    queryPlaces: [Int32], window: Int, headCount: Int, dropout: Dropout? = nil
  ) -> Tensor {
    let width = attentionWidth(
      queries, keys, values, queryCount: queryPlaces.count, keyOffsets: keyOffsets,
      headCount: headCount)
    let layout = WindowedAttentionKernel.Layout(
      queryOffsets: queryOffsets, keyOffsets: keyOffsets, queryPlaces: queryPlaces,
      window: window, headCount: headCount, headSize: width / headCount)
    let inputs = WindowedAttentionKernel.Inputs(
      q: queries.operand, k: keys.operand, v: values.operand, layout,
      dropout: dropout?.stream ?? .none)
    let y = Storage(count: queries.tensor.shape[0] * width)
    let scratch = Storage(count: layout.scratchCount)
    WindowedAttentionKernel.forward(
      output: .init(y.pointer, stride: width), inputs, scratch: scratch.pointer)
    extendLifetime(scratch)
    return attentionResult(y, width, [queries, keys, values]) { dy, slopes in
      let scratch = Storage(count: layout.scratchCount)
      WindowedAttentionKernel.backward(
        dq: slopes[0], dk: slopes[1], dv: slopes[2], doutput: .init(dy.pointer, stride: width),
        inputs, scratch: scratch.pointer)
      extendLifetime(scratch)
    }
  }
}
