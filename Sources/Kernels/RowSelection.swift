internal import CKernels
internal import Glibc

/// Rows of a matrix picked by index: embeddings, and the masked positions of a batch.
public enum RowKernel {
  /// y[i] = x[rows[i]], or y[i] += x[rows[i]].
  public static func gather(
    _ y: UnsafeMutablePointer<Float>, from x: UnsafePointer<Float>, rows: UnsafePointer<Int32>,
    count: Int, columns: Int, accumulates: Bool = false
  ) {
    Rows.forEachPiece(rows: count, columns: columns, "gather", bytes: 8) { _, range in
      let first = range.lowerBound
      (accumulates ? ck_rows_gather_add : ck_rows_gather)(
        y + first * columns, x, rows + first, Int64(range.count), Int64(columns))
    }
  }

  /// x[rows[i]] += y[i], in the order of i.
  public static func scatterAdd(
    into x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, rows: UnsafePointer<Int32>,
    count: Int, columns: Int
  ) {
    let width = 64
    Profiler.shared.kernel("scatter", bytes: Double(12 * count * columns)) {
      ThreadPool.shared.run((columns + width - 1) / width) { piece in
        ck_rows_scatter_add(
          x, y, rows, Int64(count), Int64(columns), Int64(piece * width),
          Int64(min(columns, (piece + 1) * width)))
      }
    }
  }

  /// y[r] += bias for every row.
  public static func addBias(
    _ y: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: columns, "add bias", bytes: 8) { _, range in
      ck_rows_add_bias(
        y + range.lowerBound * columns, bias, Int64(range.count), Int64(columns))
    }
  }

  /// sums[c] += Σ over rows of x[r][c]; `scratch` as `PartialSums` says, for one sum.
  public static func addColumnSums(
    to sums: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    Rows.forEachPiece(rows: rows, columns: columns, "column sums", bytes: 4) { piece, range in
      let partial = scratch + piece * columns
      memset(partial, 0, columns * MemoryLayout<Float>.size)
      ck_columns_sum(
        partial, x + range.lowerBound * columns, Int64(range.count), Int64(columns))
    }
    ck_columns_sum(
      sums, scratch, Int64(Rows.pieceCount(rows: rows, columns: columns)), Int64(columns))
  }
}
