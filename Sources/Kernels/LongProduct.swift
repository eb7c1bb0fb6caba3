/// Products of few rows and columns and very long dot products, such as the gradient of a head's input:
/// threads share the dot products in pieces, which are added in their order.
public enum LongProduct {
  /// Dot products of this length are one piece.
  private static let pieceInner = 8_192

  private static func pieceCount(_ inner: Int) -> Int { (inner + pieceInner - 1) / pieceInner }

  /// How many floats of scratch memory a product needs.
  public static func scratchCount(rows: Int, columns: Int, inner: Int) -> Int {
    pieceCount(inner) * rows * columns
  }

  /// Whether a product is better cut along its dot products than along its sides.
  public static func fits(rows: Int, columns: Int, inner: Int) -> Bool {
    inner >= 2 * pieceInner && rows * columns <= inner * 8
  }

  /// Computes `c = a · b`, or adds it to `c`.
  ///
  /// - Parameters:
  ///   - c: The result `[rows, columns]`.
  ///   - a: `[rows, inner]` after its transposition.
  ///   - b: `[inner, columns]` after its transposition.
  ///   - rows: Rows of the result.
  ///   - columns: Columns of the result.
  ///   - inner: The length of the dot products.
  ///   - accumulates: Whether the product is added to what `c` holds.
  ///   - rounds: Whether factors are rounded to bfloat16.
  ///   - scratch: `scratchCount` floats.
  public static func multiply(
    into c: UnsafeMutablePointer<Float>, _ a: MatrixOperand, _ b: MatrixOperand, rows: Int,
    columns: Int, inner: Int, accumulates: Bool = false, rounds: Bool = false,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let size = rows * columns
    Profiler.shared.kernel(
      rounds ? "product bf16" : "product fp32", flops: 2 * Double(size) * Double(inner),
      bytes: Double(4 * (rows + columns) * inner + 4 * size), shape: [rows, columns, inner]
    ) {
      sum(into: c, size: size, inner: inner, accumulates: accumulates, scratch) { part, range in
        MatrixProduct.multiply(
          into: part, stride: columns, a.skipping(columns: range.lowerBound),
          b.skipping(rows: range.lowerBound), rows: rows, columns: columns, inner: range.count,
          rounds: rounds, isShared: false)
      }
    }
  }

  private static func sum(
    into c: UnsafeMutablePointer<Float>, size: Int, inner: Int, accumulates: Bool,
    _ scratch: UnsafeMutablePointer<Float>,
    _ multiply: (_ part: UnsafeMutablePointer<Float>, _ range: Range<Int>) -> Void
  ) {
    let pieces = pieceCount(inner)
    ThreadPool.shared.run(pieces) { piece in
      let first = piece * pieceInner
      multiply(scratch + piece * size, first..<min(first + pieceInner, inner))
    }
    if accumulates {
      ElementwiseKernel.add(c, c, scratch, count: size)
    } else {
      c.update(from: scratch, count: size)
    }
    for piece in 1..<max(pieces, 1) {
      ElementwiseKernel.add(c, c, scratch + piece * size, count: size)
    }
  }
}
