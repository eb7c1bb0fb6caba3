internal import CKernels

/// Cross-entropy of logits that lie with one class a row and one prediction a column.
///
/// Source: `torch.nn.functional.cross_entropy(reduction="none")`.
public enum ColumnCrossEntropyKernel {
  /// Classes that are gone through at once: their logits stay in a core's own cache between the two
  /// passes.
  private static let pieceClasses = 512

  private static func pieceCount(_ classes: Int) -> Int {
    (classes + pieceClasses - 1) / pieceClasses
  }

  /// How many floats of scratch memory the forward pass needs.
  public static func scratchCount(classes: Int, columns: Int) -> Int {
    3 * pieceCount(classes) * columns
  }

  /// - Parameters:
  ///   - logSumExp: `[columns]`, takes log Σ exp(x + bias) of every column.
  ///   - largest: `[columns]`, takes the class of every column's largest logit.
  ///   - x: `[classes, columns]`.
  ///   - bias: `[classes]`, or nil.
  ///   - scratch: `scratchCount` floats.
  ///   - classes: The number of classes.
  ///   - columns: The number of predictions, a multiple of 16.
  public static func forward(
    logSumExp: UnsafeMutablePointer<Float>, largest: UnsafeMutablePointer<Int32>,
    _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    classes: Int, columns: Int
  ) {
    let pieces = pieceCount(classes)
    let (tops, sums) = (scratch, scratch + pieces * columns)
    let places = UnsafeMutableRawPointer(scratch + 2 * pieces * columns)
      .assumingMemoryBound(to: Int32.self)
    Profiler.shared.kernel("cross-entropy", bytes: Double(4 * classes * columns)) {
      ThreadPool.shared.run(pieces) { piece in
        ck_cross_entropy_columns_forward(
          tops + piece * columns, places + piece * columns, sums + piece * columns, x, bias,
          Int64(piece * pieceClasses), Int64(min(classes, (piece + 1) * pieceClasses)),
          Int64(columns))
      }
    }
    ck_cross_entropy_columns_combine(
      logSumExp, largest, tops, places, sums, Int64(pieces), Int64(columns))
  }

  /// dx = scale · (softmax - onehot), rounded; adds dx's sums over the columns to `dbias`.
  ///
  /// - Parameters:
  ///   - dx: `[classes, columns]`.
  ///   - dbias: `[classes]`, or nil.
  ///   - x: The logits of the forward pass.
  ///   - bias: As in the forward pass.
  ///   - logSumExp: What the forward pass stored.
  ///   - labels: `[columns]`.
  ///   - scales: `[columns]`, the gradient of every column's loss.
  ///   - classes: The number of classes.
  ///   - columns: The number of predictions, a multiple of 16.
  public static func backward(
    _ dx: UnsafeMutablePointer<UInt16>, dbias: UnsafeMutablePointer<Float>?,
    _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?, logSumExp: UnsafePointer<Float>,
    labels: UnsafePointer<Int32>, scales: UnsafePointer<Float>, classes: Int, columns: Int
  ) {
    Profiler.shared.kernel("cross-entropy", bytes: Double(6 * classes * columns)) {
      ThreadPool.shared.run(pieceCount(classes)) { piece in
        ck_cross_entropy_columns_backward(
          dx, dbias, x, bias, logSumExp, labels, scales, Int64(piece * pieceClasses),
          Int64(min(classes, (piece + 1) * pieceClasses)), Int64(columns))
      }
    }
  }
}
