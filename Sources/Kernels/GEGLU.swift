internal import CKernels

/// The gated GELU of a feed-forward network, gelu(a) · b.
///
/// Source: Shazeer 2020, "GLU Variants Improve Transformer", GEGLU.
public enum GEGLUKernel {
  /// y = gelu(a) · b, where each row of x is a, then b.
  ///
  /// - Parameters:
  ///   - y: `[rows, columns]`.
  ///   - x: `[rows, 2 · columns]`.
  ///   - rows: The number of rows.
  ///   - columns: The number of columns of y.
  public static func forward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: 2 * columns, "GEGLU", bytes: 6) { _, range in
      let first = range.lowerBound * columns
      ck_geglu_forward(y + first, x + 2 * first, Int64(range.count), Int64(columns))
    }
  }

  /// The gradient of `forward`.
  ///
  /// - Parameters:
  ///   - dx: `[rows, 2 · columns]`.
  ///   - dy: `[rows, columns]`.
  ///   - x: The input of the forward pass.
  ///   - rows: The number of rows.
  ///   - columns: The number of columns of y.
  public static func backward(
    _ dx: UnsafeMutablePointer<Float>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    rows: Int, columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: 2 * columns, "GEGLU", bytes: 10) { _, range in
      let first = range.lowerBound * columns
      ck_geglu_backward(
        dx + 2 * first, dy + first, x + 2 * first, Int64(range.count), Int64(columns))
    }
  }
}
