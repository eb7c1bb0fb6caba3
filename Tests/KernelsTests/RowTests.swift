import CKernels
import Kernels
import Testing

/// Kernels over the rows of a matrix against plain Swift in double precision.
struct RowTests {
  private static let columnCounts = oddSizes.filter { $0 > 0 }
  /// Rows that are one piece of a loop, and rows that are several.
  private static let rowCounts = [0, 1, 3, 600]
  private static let tolerance = 2e-6
  /// Of sums of columns, as a share of the number of rows, of which each adds up to 2.
  private static let sumTolerance = 1e-6

  @Test(arguments: columnCounts, rowCounts)
  func softmax(columns: Int, rows: Int) {
    let (count, scale) = (rows * columns, Float(0.3))
    let (x, dy) = (numbers(count), numbers(count, seed: 2))
    let y = written(count) {
      SoftmaxKernel.forward($0, x, scale: scale, rows: rows, columns: columns)
    }
    let wanted = Exact.rows(x, columns).map { Exact.softmax($0.map { $0 * Double(scale) }) }
    #expect(deviation(y, wanted.flatMap { $0 }) < Self.tolerance)
    let dx = written(count) {
      SoftmaxKernel.backward($0, dy, y, scale: scale, rows: rows, columns: columns)
    }
    let slopes = zip(wanted, Exact.rows(dy, columns)).flatMap { y, dy in
      let sum = zip(y, dy).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(y, dy).map { Double(scale) * $0 * ($1 - sum) }
    }
    #expect(deviation(dx, slopes) < Self.tolerance)
    // In place.
    let same = written(count, over: x) {
      SoftmaxKernel.forward($0, $0, scale: scale, rows: rows, columns: columns)
    }
    #expect(same == y)
    let sameSlopes = written(count, over: dy) {
      SoftmaxKernel.backward($0, $0, y, scale: scale, rows: rows, columns: columns)
    }
    #expect(sameSlopes == dx)
  }

  @Test(arguments: columnCounts + [2_047, 4_100], [0, 1, 3, 60])
  func crossEntropy(columns: Int, rows: Int) {
    let (x, bias) = (numbers(rows * columns), numbers(columns, seed: 2))
    let labels = (0..<rows).map { Int32(($0 * 13 + columns - 1) % columns) }
    var largest = [Int32](repeating: -1, count: rows)
    let (losses, sums) = (Guarded(rows), Guarded(rows))
    CrossEntropyKernel.forward(
      loss: losses.pointer, logSumExp: sums.pointer, largest: &largest, x, bias: bias,
      labels: labels, rows: rows, columns: columns)
    let logits = Exact.rows(x, columns).map { row in
      zip(row, bias).map { Double(Float($0) + $1) }
    }
    let wanted = zip(logits, labels).map { Exact.logSumExp($0) - $0[Int($1)] }
    #expect(deviation(losses.elements(), wanted) < Self.tolerance)
    #expect(deviation(sums.elements(), logits.map(Exact.logSumExp)) < Self.tolerance)
    #expect(largest == logits.map { row in Int32(row.indices.max { row[$0] < row[$1] } ?? -1) })

    let before = numbers(columns, seed: 3)
    let (dx, dbias) = (Guarded(rows * columns), Guarded(columns, over: before))
    CrossEntropyKernel.backward(
      dx.pointer, dbias: dbias.pointer, x, bias: bias, logSumExp: sums.pointer, labels: labels,
      scale: 0.7, rows: rows, columns: columns)
    let slopes = zip(logits, labels).map { row, label in
      var slope = Exact.softmax(row).map { 0.7 * $0 }
      slope[Int(label)] -= 0.7
      return slope
    }
    #expect(deviation(dx.elements(), slopes.flatMap { $0 }) < Self.tolerance)
    let sumsOfSlopes = Exact.columnSums(slopes, from: before)
    #expect(deviation(dbias.elements(), sumsOfSlopes, floor: Double(rows + 1)) < Self.sumTolerance)
  }

  @Test(arguments: columnCounts, rowCounts)
  func gelu(columns: Int, rows: Int) {
    let count = rows * columns
    let (x, dy, bias) = (numbers(count), numbers(count, seed: 2), numbers(columns, seed: 3))
    let y = written(count) { GELUKernel.forward($0, x, bias: bias, rows: rows, columns: columns) }
    let inputs = Exact.rows(x, columns).map { zip($0, bias).map { $0 + Double($1) } }
    #expect(deviation(y, inputs.flatMap { $0.map(Exact.gelu) }) < Self.tolerance)
    let before = numbers(columns, seed: 4)
    // In place, as the gradient of the result is not needed any more.
    let (dx, dbias) = (Guarded(count, over: dy), Guarded(columns, over: before))
    let scratch = Guarded(PartialSums.scratchCount(rows: rows, columns: columns, sums: 1))
    GELUKernel.backward(
      dx.pointer, dx.pointer, x, bias: bias, dbias: dbias.pointer, scratch: scratch.pointer,
      rows: rows, columns: columns)
    let slopes = zip(inputs, Exact.rows(dy, columns)).map { inputs, dy in
      zip(inputs, dy).map { Exact.geluSlope($0) * $1 }
    }
    _ = scratch.elements()
    #expect(deviation(dx.elements(), slopes.flatMap { $0 }) < Self.tolerance)
    let sumsOfSlopes = Exact.columnSums(slopes, from: before)
    #expect(deviation(dbias.elements(), sumsOfSlopes, floor: Double(rows + 1)) < Self.sumTolerance)
  }

  @Test(arguments: columnCounts, rowCounts)
  func gatherAndScatter(columns: Int, rows: Int) {
    let table = numbers(7 * columns)
    let picks = (0..<rows).map { Int32($0 * 5 % 7) }
    let gathered = written(rows * columns) {
      RowKernel.gather($0, from: table, rows: picks, count: rows, columns: columns)
    }
    let wanted = picks.flatMap { table[Int($0) * columns..<(Int($0) + 1) * columns] }
    #expect(gathered == wanted)
    let added = written(rows * columns, over: wanted) {
      RowKernel.gather(
        $0, from: table, rows: picks, count: rows, columns: columns, accumulates: true)
    }
    #expect(added == wanted.map { 2 * $0 })
    let scattered = written(7 * columns, over: table) {
      RowKernel.scatterAdd(into: $0, wanted, rows: picks, count: rows, columns: columns)
    }
    var sums = table.map(Double.init)
    for (row, pick) in picks.enumerated() {
      for column in 0..<columns {
        sums[Int(pick) * columns + column] += Double(wanted[row * columns + column])
      }
    }
    #expect(deviation(scattered, sums, floor: Double(rows + 1)) < Self.sumTolerance)
  }

  @Test(arguments: columnCounts, rowCounts)
  func biasAndColumnSums(columns: Int, rows: Int) {
    let (x, bias) = (numbers(rows * columns), numbers(columns, seed: 2))
    let biased = written(rows * columns, over: x) {
      RowKernel.addBias($0, bias, rows: rows, columns: columns)
    }
    #expect(biased == x.indices.map { x[$0] + bias[$0 % columns] })
    let sums = Guarded(columns, over: bias)
    let scratch = Guarded(PartialSums.scratchCount(rows: rows, columns: columns, sums: 1))
    RowKernel.addColumnSums(
      to: sums.pointer, x, scratch: scratch.pointer, rows: rows, columns: columns)
    _ = scratch.elements()
    let wanted = Exact.columnSums(Exact.rows(x, columns), from: bias)
    #expect(deviation(sums.elements(), wanted, floor: Double(rows + 1)) < Self.sumTolerance)
  }
}
