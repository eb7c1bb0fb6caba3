internal import CKernels

/// Softmax over the rows of a matrix.
public enum SoftmaxKernel {
  /// y = softmax(scale · x) row by row, in place allowed.
  public static func forward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, scale: Float = 1, rows: Int,
    columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: columns, "softmax", bytes: 8) { _, range in
      let first = range.lowerBound * columns
      ck_softmax_forward(y + first, x + first, scale, Int64(range.count), Int64(columns))
    }
  }

  /// dx = scale · y · (dy - Σ dy · y) row by row, in place allowed.
  public static func backward(
    _ dx: UnsafeMutablePointer<Float>, _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
    scale: Float = 1, rows: Int, columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: columns, "softmax", bytes: 12) { _, range in
      let first = range.lowerBound * columns
      ck_softmax_backward(
        dx + first, dy + first, y + first, scale, Int64(range.count), Int64(columns))
    }
  }
}
