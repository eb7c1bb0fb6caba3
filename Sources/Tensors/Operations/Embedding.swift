internal import Kernels

extension Tensor {
  /// The sum of rows looked up in tables: `tables[0][rows[0][i]] + tables[1][rows[1][i]] + …`.
  ///
  /// Source: `torch.nn.functional.embedding`.
  ///
  /// - Parameter lookups: Tables `[size, columns]` and for each the rows to read, all equally many.
  /// - Returns: `[rows, columns]`.
  /// - Precondition: Every row index lies in its table.
  public static func embedding(_ lookups: [(table: Parameter, rows: [Int32])]) -> Tensor {
    let count = lookups[0].rows.count
    let columns = lookups[0].table.shape[1]
    for (table, rows) in lookups {
      precondition(
        rows.count == count && table.shape[1] == columns,
        "embedding: \(rows.count) rows of \(table.shape), \(count) rows of width \(columns)")
      precondition(
        rows.allSatisfy { 0 <= $0 && $0 < table.shape[0] },
        "embedding: a row index outside of table \(table.name) \(table.shape)")
    }
    let y = Storage(count: count * columns)
    for (index, lookup) in lookups.enumerated() {
      RowKernel.gather(
        y.pointer, from: lookup.table.values, rows: lookup.rows, count: count, columns: columns,
        accumulates: index > 0)
    }
    return Tensor(y, shape: [count, columns], from: lookups.map(\.table.tensor)) { dy in
      for (table, rows) in lookups {
        RowKernel.scatterAdd(
          into: table.clearedGradient(), dy.pointer, rows: rows, count: count, columns: columns)
      }
    }
  }

  /// The rows of a matrix at the given indices, in their order.
  ///
  /// - Parameter rows: Indices of rows; a row may be read more than once.
  /// - Returns: `[rows.count, columns]`.
  /// - Precondition: `self` is `[rowCount, columns]` and every index lies in it.
  public func gatherRows(_ rows: [Int32]) -> Tensor {
    precondition(shape.count == 2, "gatherRows: input \(shape) is no matrix")
    precondition(
      rows.allSatisfy { 0 <= $0 && $0 < shape[0] }, "gatherRows: an index outside of \(shape)")
    let columns = shape[1]
    let x = self
    let y = Storage(count: rows.count * columns)
    RowKernel.gather(y.pointer, from: pointer, rows: rows, count: rows.count, columns: columns)
    return Tensor(y, shape: [rows.count, columns], from: [x]) { dy in
      let target = x.gradientTarget()
      if !target.accumulates { target.pointer.update(repeating: 0, count: x.count) }
      RowKernel.scatterAdd(
        into: target.pointer, dy.pointer, rows: rows, count: rows.count, columns: columns)
    }
  }
}
