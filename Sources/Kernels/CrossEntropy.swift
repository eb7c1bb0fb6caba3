internal import CKernels

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
  ///   - dbias: `[columns]`, or nil.
  ///   - x: The logits of the forward pass.
  ///   - bias: As in the forward pass.
  ///   - logSumExp: What the forward pass stored.
  ///   - labels: `[rows]`.
  ///   - scale: The gradient of every row's loss.
  ///   - rows: The number of predictions.
  ///   - columns: The number of classes.
  public static func backward(
    _ dx: UnsafeMutablePointer<Float>, dbias: UnsafeMutablePointer<Float>?,
    _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?, logSumExp: UnsafePointer<Float>,
    labels: UnsafePointer<Int32>, scale: Float, rows: Int, columns: Int
  ) {
    // Cut by columns, whose sums then stay in the first-level cache and need no memory of their own.
    Profiler.shared.kernel("cross-entropy", bytes: Double(rows * columns * 8)) {
      ThreadPool.shared.run((columns + pieceColumns - 1) / pieceColumns) { piece in
        let first = piece * pieceColumns
        ck_cross_entropy_backward(
          dx, dbias, x, bias, logSumExp, labels, scale, Int64(rows), Int64(columns), Int64(first),
          Int64(min(columns, first + pieceColumns)))
      }
    }
  }

  private static let pieceColumns = 2_048
}
