internal import CKernels
internal import Glibc

/// Cross-entropy of logits against labels, one row a prediction, fused with the decoder's bias.
///
/// Source: `torch.nn.functional.cross_entropy(reduction="none")`.
public enum CrossEntropyKernel {
  /// loss = log Σ exp(x + bias) - (x + bias)[label], in nats, for every row.
  ///
  /// - Parameters:
  ///   - loss: `[rows]`.
  ///   - logSumExp: `[rows]`, needed by the backward pass.
  ///   - largest: `[rows]`, takes the index of each row's largest logit.
  ///   - x: `[rows, columns]`.
  ///   - bias: `[columns]`, or nil.
  ///   - labels: `[rows]`, each in `0..<columns`.
  ///   - rows: The number of predictions.
  ///   - columns: The number of classes.
  public static func forward(
    loss: UnsafeMutablePointer<Float>, logSumExp: UnsafeMutablePointer<Float>,
    largest: UnsafeMutablePointer<Int32>, _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    labels: UnsafePointer<Int32>, rows: Int, columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: columns, "cross-entropy", bytes: 8) { _, range in
      let first = range.lowerBound
      ck_cross_entropy_forward(
        loss + first, logSumExp + first, largest + first, x + first * columns, bias,
        labels + first, Int64(range.count), Int64(columns))
    }
  }

  /// dx = scale · (softmax - onehot); adds dx's column sums to `dbias`.
  ///
  /// - Parameters:
  ///   - dx: `[rows, columns]`, may be `x`.
  ///   - dbias: `[columns]`, or nil; then `scratch` is not used.
  ///   - x: The logits of the forward pass.
  ///   - bias: As in the forward pass.
  ///   - logSumExp: What the forward pass stored.
  ///   - labels: `[rows]`.
  ///   - scale: The gradient of every row's loss.
  ///   - scratch: `PartialSums.scratchCount(rows:columns:sums: 1)` floats.
  ///   - rows: The number of predictions.
  ///   - columns: The number of classes.
  public static func backward(
    _ dx: UnsafeMutablePointer<Float>, dbias: UnsafeMutablePointer<Float>?,
    _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?, logSumExp: UnsafePointer<Float>,
    labels: UnsafePointer<Int32>, scale: Float, scratch: UnsafeMutablePointer<Float>?, rows: Int,
    columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: columns, "cross-entropy", bytes: 8) { piece, range in
      let first = range.lowerBound
      let sums = dbias == nil ? nil : scratch.map { $0 + piece * columns }
      if let sums { memset(sums, 0, columns * MemoryLayout<Float>.size) }
      ck_cross_entropy_backward(
        dx + first * columns, sums, x + first * columns, bias, logSumExp + first, labels + first,
        scale, Int64(range.count), Int64(columns))
    }
    guard let dbias, let scratch else { return }
    ck_columns_sum(
      dbias, scratch, Int64(Rows.pieceCount(rows: rows, columns: columns)), Int64(columns))
  }
}
