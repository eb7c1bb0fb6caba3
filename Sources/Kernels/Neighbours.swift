internal import CKernels

/// The rows around each row of a sequence, side by side: what a convolution multiplies.
///
/// Source: `torch.nn.functional.unfold` along one axis.
public enum NeighboursKernel {
  /// y[r][c · size + t] = x[r + t - size / 2][c] within a sequence, 0 beyond its ends.
  ///
  /// - Parameters:
  ///   - y: `[rows, columns · size]`.
  ///   - x: `[rows, columns]`.
  ///   - offsets: Where sequences begin, and at last the number of rows.
  ///   - columns: The number of columns of x.
  ///   - size: How many neighbours there are, the row itself included; odd.
  public static func forward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, offsets: [Int32], columns: Int,
    size: Int
  ) {
    forEachSequence(offsets, columns * (size + 1)) { rows in
      ck_neighbours_forward(
        y + rows.lowerBound * columns * size, x + rows.lowerBound * columns, Int64(rows.count),
        Int64(columns), Int64(size))
    }
  }

  /// The gradient of `forward`; overwrites dx.
  public static func backward(
    _ dx: UnsafeMutablePointer<Float>, _ dy: UnsafePointer<Float>, offsets: [Int32], columns: Int,
    size: Int
  ) {
    forEachSequence(offsets, columns * (size + 1)) { rows in
      ck_neighbours_backward(
        dx + rows.lowerBound * columns, dy + rows.lowerBound * columns * size, Int64(rows.count),
        Int64(columns), Int64(size))
    }
  }

  private static func forEachSequence(
    _ offsets: [Int32], _ rowSize: Int, _ body: (_ rows: Range<Int>) -> Void
  ) {
    Profiler.shared.kernel("neighbours", bytes: 4 * Double(offsets.last ?? 0) * Double(rowSize)) {
      ThreadPool.shared.run(offsets.count - 1) { body(Int(offsets[$0])..<Int(offsets[$0 + 1])) }
    }
  }
}
