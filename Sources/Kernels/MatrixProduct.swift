internal import COpenBLAS

/// A row-major matrix in memory, or the transpose of one.
public struct MatrixOperand {
  /// The first element.
  public let pointer: UnsafePointer<Float>
  /// The distance between two rows in memory, in elements.
  public let stride: Int
  /// Whether the product uses the transpose of what lies in memory.
  public let isTransposed: Bool

  /// A matrix whose rows lie `stride` elements apart.
  public init(_ pointer: UnsafePointer<Float>, stride: Int, transposed: Bool = false) {
    self.pointer = pointer
    self.stride = stride
    isTransposed = transposed
  }

  fileprivate func skipping(rows: Int, columns: Int) -> UnsafePointer<Float> {
    isTransposed ? pointer + columns * stride + rows : pointer + rows * stride + columns
  }
}

/// Matrix products on OpenBLAS, which is held to one thread; the pool's threads share a product by
/// rows or columns of the result.
public enum MatrixProduct {
  /// The kernels whose result for a row or column does not depend on how many others are computed
  /// with it (measured, see Documentation/Numerics.md), so that a product may be cut anywhere.
  private static let isExactUnderSplitting = ["Cooperlake", "SkylakeX", "SAPPHIRERAPIDS"]
    .contains(Platform.blasCore)

  /// The least work worth a piece of its own, in multiply-adds.
  ///
  /// Far above the size below which OpenBLAS takes other kernels.
  private static let pieceWork = 4_000_000

  /// Computes `c = a · b`, or adds it to `c`.
  ///
  /// - Parameters:
  ///   - c: The result `[rows, columns]`.
  ///   - stride: The distance between two rows of `c`, in elements.
  ///   - a: `[rows, inner]` after its transposition.
  ///   - b: `[inner, columns]` after its transposition.
  ///   - rows: Rows of the result.
  ///   - columns: Columns of the result.
  ///   - inner: The length of the dot products.
  ///   - scale: A factor of the product.
  ///   - accumulates: Whether the product is added to what `c` holds.
  ///   - isShared: Whether the pool's threads may share the work.
  public static func multiply(
    into c: UnsafeMutablePointer<Float>, stride: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    rows: Int, columns: Int, inner: Int, scale: Float = 1, accumulates: Bool = false,
    isShared: Bool = true
  ) {
    guard rows > 0, columns > 0 else { return }
    func compute(_ rowRange: Range<Int>, _ columnRange: Range<Int>) {
      cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
        b.isTransposed ? CblasTrans : CblasNoTrans, blasint(rowRange.count),
        blasint(columnRange.count), blasint(inner), scale,
        a.skipping(rows: rowRange.lowerBound, columns: 0), blasint(a.stride),
        b.skipping(rows: 0, columns: columnRange.lowerBound), blasint(b.stride),
        accumulates ? 1 : 0, c + rowRange.lowerBound * stride + columnRange.lowerBound,
        blasint(stride))
    }
    let bySide = rows >= columns ? rows : columns
    let pieces = isShared ? pieceCount(side: bySide, work: rows * columns * inner) : 1
    guard pieces > 1, min(rows, columns) > 1 else {
      compute(0..<rows, 0..<columns)
      return
    }
    ThreadPool.shared.run(pieces) { piece in
      let range = Self.range(of: piece, in: pieces, side: bySide)
      if rows >= columns {
        compute(range, 0..<columns)
      } else {
        compute(0..<rows, range)
      }
    }
  }

  private static func pieceCount(side: Int, work: Int) -> Int {
    let most = min(work / pieceWork, side / 64)
    return min(most, isExactUnderSplitting ? ThreadPool.shared.threadCount : 4)
  }

  /// Pieces of equal size but for rounding to 16, so that no piece is a single row.
  private static func range(of piece: Int, in pieces: Int, side: Int) -> Range<Int> {
    func edge(_ piece: Int) -> Int {
      piece == pieces ? side : side * piece / pieces & ~15
    }
    return edge(piece)..<edge(piece + 1)
  }
}
