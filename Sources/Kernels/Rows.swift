/// How a loop over rows is cut: pieces of a fixed number of rows, for any number of threads.
enum Rows {
  /// Calls `body` with ranges of rows that cover `0..<rows`, on all threads.
  ///
  /// - Parameters:
  ///   - rows: How many rows there are.
  ///   - columns: The elements of a row, which decide how many rows make a piece.
  ///   - name: What the profiler calls it.
  ///   - bytes: What is read and written for an element.
  ///   - body: Called with a piece's index and its rows.
  static func forEachPiece(
    rows: Int, columns: Int, _ name: String, bytes: Int,
    _ body: (_ piece: Int, _ rows: Range<Int>) -> Void
  ) {
    let size = pieceRows(columns: columns)
    Profiler.shared.kernel(name, bytes: Double(rows * columns * bytes)) {
      ThreadPool.shared.run((rows + size - 1) / size) { piece in
        body(piece, piece * size..<min(rows, (piece + 1) * size))
      }
    }
  }

  static func pieceRows(columns: Int) -> Int { max(8, 24_576 / max(columns, 1)) }

  static func pieceCount(rows: Int, columns: Int) -> Int {
    let size = pieceRows(columns: columns)
    return (rows + size - 1) / size
  }
}

/// Sums over rows that are made piece by piece and then added in the order of the pieces.
public enum PartialSums {
  /// How many floats of scratch memory `count` column sums over such a matrix need.
  public static func scratchCount(rows: Int, columns: Int, sums count: Int) -> Int {
    Rows.pieceCount(rows: rows, columns: columns) * columns * count
  }
}
