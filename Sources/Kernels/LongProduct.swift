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

  /// Computes `c = a · b`, or adds it to `c`, in float32.
  ///
  /// - Parameters:
  ///   - c: The result `[rows, columns]`.
  ///   - a: `[rows, inner]` after its transposition.
  ///   - b: `[inner, columns]` after its transposition.
  ///   - rows: Rows of the result.
  ///   - columns: Columns of the result.
  ///   - inner: The length of the dot products.
  ///   - accumulates: Whether the product is added to what `c` holds.
  ///   - scratch: `scratchCount` floats.
  public static func multiply(
    into c: UnsafeMutablePointer<Float>, _ a: MatrixOperand, _ b: MatrixOperand, rows: Int,
    columns: Int, inner: Int, accumulates: Bool = false, scratch: UnsafeMutablePointer<Float>
  ) {
    let size = rows * columns
    Profiler.shared.kernel(
      "product fp32", flops: 2 * Double(size) * Double(inner),
      bytes: Double(4 * (rows + columns) * inner + 4 * size), shape: [rows, columns, inner]
    ) {
      sum(into: c, size: size, inner: inner, accumulates: accumulates, scratch) { part, range in
        MatrixProduct.multiply(
          into: part, stride: columns, a.skippingInner(range.lowerBound, isLeft: true),
          b.skippingInner(range.lowerBound, isLeft: false), rows: rows, columns: columns,
          inner: range.count, isShared: false)
      }
    }
  }

  /// Computes `c = a · b` of bfloat16 operands; arguments as for float32.
  ///
  /// - Precondition: `a` is transposed and `b` is not.
  public static func multiply(
    into c: UnsafeMutablePointer<Float>, _ a: BFloat16Operand, _ b: BFloat16Operand, rows: Int,
    columns: Int, inner: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    precondition(a.isTransposed && !b.isTransposed, "LongProduct: operands lie otherwise")
    let size = rows * columns
    Profiler.shared.kernel(
      "product bf16", flops: 2 * Double(size) * Double(inner),
      bytes: Double(2 * (rows + columns) * inner + 4 * size), shape: [rows, columns, inner]
    ) {
      sum(into: c, size: size, inner: inner, accumulates: false, scratch) { part, range in
        let first = range.lowerBound
        BFloat16Product.multiply(
          into: part, stride: columns,
          BFloat16Operand(a.pointer + first * a.stride, stride: a.stride, transposed: true),
          BFloat16Operand(b.pointer + first * b.stride, stride: b.stride), rows: rows,
          columns: columns, inner: range.count, isShared: false)
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
