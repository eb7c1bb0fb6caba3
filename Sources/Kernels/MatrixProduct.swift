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

  /// The operand without its first rows and columns.
  func skipping(rows: Int = 0, columns: Int = 0) -> MatrixOperand {
    MatrixOperand(
      pointer + (isTransposed ? columns * stride + rows : rows * stride + columns),
      stride: stride, transposed: isTransposed)
  }
}

/// Matrix products; the pool's threads share one by rows or columns of the result.
///
/// An element of Lockstep's own products has the same bits in whatever part it is computed, so each
/// thread takes one part. Libraries choose kernels by size, so their products are cut in places that
/// only the size decides, for any number of threads.
public enum MatrixProduct {
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
  ///   - rounds: Whether factors are rounded to bfloat16; sums are float32 in any case.
  ///   - isShared: Whether the pool's threads may share the work.
  public static func multiply(
    into c: UnsafeMutablePointer<Float>, stride: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    rows: Int, columns: Int, inner: Int, scale: Float = 1, accumulates: Bool = false,
    rounds: Bool = false, isShared: Bool = true
  ) {
    precondition(!rounds || scale == 1, "products of rounded factors are not scaled")
    guard rows > 0, columns > 0 else { return }
    guard inner > 0 else {
      // Libraries differ about sums of nothing.
      for row in 0..<rows where !accumulates {
        (c + row * stride).update(repeating: 0, count: columns)
      }
      return
    }
    let library = rounds ? MatrixLibrary.rounding : MatrixLibrary.current
    func compute(_ rowRange: Range<Int>, _ columnRange: Range<Int>) {
      library.multiply(
        c + rowRange.lowerBound * stride + columnRange.lowerBound, stride: stride,
        a.skipping(rows: rowRange.lowerBound), b.skipping(columns: columnRange.lowerBound),
        rows: rowRange.count, columns: columnRange.count, inner: inner, scale: scale,
        accumulates: accumulates)
    }
    guard isShared else { return compute(0..<rows, 0..<columns) }
    let cutsRows = rows >= columns
    let side = cutsRows ? rows : columns
    let work = rows * columns * inner
    let cuts =
      library.isIndifferentToCuts
      ? ProductCuts(side: side, work: work, threads: ThreadPool.shared.threadCount)
      : ProductCuts(
        side: side, work: work, atMost: a.isTransposed && a.stride % 1_024 == 0 ? 2 : .max)
    Profiler.shared.kernel(
      rounds ? "product bf16" : "product fp32",
      flops: 2 * Double(rows) * Double(columns) * Double(inner),
      bytes: 4 * Double(rows * inner + inner * columns + rows * columns),
      shape: [rows, columns, inner]
    ) {
      guard cuts.pieceCount > 1, min(rows, columns) > 1 else {
        return compute(0..<rows, 0..<columns)
      }
      ThreadPool.shared.run(cuts.pieceCount) { piece in
        let range = cuts.range(of: piece, side: side)
        compute(cutsRows ? range : 0..<rows, cutsRows ? 0..<columns : range)
      }
    }
  }
}

/// Where a product is cut into pieces for threads: along its longer side.
struct ProductCuts {
  /// Multiply-adds that take some fifty microseconds: less is not worth waking a thread.
  private static let leastWork = 3_000_000

  let pieceCount: Int

  /// A part for each thread that there is work for, of a result with `side` rows or columns.
  init(side: Int, work: Int, threads: Int) {
    pieceCount = max(1, min(threads, work / Self.leastWork, side / 32))
  }

  /// Cuts for a result with `side` rows or columns, whatever the number of threads.
  ///
  /// Every piece costs the packing of what it shares with others: measured a fiftieth of a product
  /// for two pieces, a twentieth for four and up to a third for eight (Documentation/Experiments.md).
  ///
  /// - Parameters:
  ///   - side: The length of the side that is cut.
  ///   - work: The multiply-adds of the product.
  ///   - limit: The most pieces. A transposed operand whose columns lie a multiple of 4 KiB apart is
  ///     read slowly unless it is packed, and libraries pack large pieces only.
  init(side: Int, work: Int, atMost limit: Int) {
    let most =
      switch work {
      case ..<6_000_000: 1
      case ..<200_000_000: 2
      case ..<4_000_000_000: 4
      default: 8
      }
    pieceCount = max(1, min(most, limit, side / 64))
  }

  /// Pieces of equal size but for rounding to a tile's columns, so that no piece is a single row.
  func range(of piece: Int, side: Int) -> Range<Int> {
    func edge(_ piece: Int) -> Int {
      piece == pieceCount ? side : side * piece / pieceCount & ~31
    }
    return edge(piece)..<edge(piece + 1)
  }
}
