import Kernels
import Testing

struct BFloat16Tests {
  /// Values whose rounding is decided by the last bits: halves between neighbours, and what is no number.
  private static let special: [Float] = [
    0, -0.0, 1, -1, .infinity, -.infinity, 1.003_906_25, 1.011_718_75, 1.007_812_5,
    .greatestFiniteMagnitude, .leastNonzeroMagnitude, 3.402_823e38, .leastNonzeroMagnitude * 77_777,
  ]

  @Test(arguments: [1, 2, 15, 16, 17, 33, 1_000])
  func numbersAreRoundedToNearestEven(_ count: Int) {
    var values = Self.special + numbers(count, seed: 3)
    values = Array(values.prefix(count))
    let found = Self.converted(values)
    for (value, word) in zip(values, found) {
      #expect(Self.float(word) == Self.nearest(value), "\(value)")
    }
    #expect(Self.float(Self.converted([.nan])[0]).isNaN)
  }

  @Test(arguments: [(1, 1), (5, 3), (16, 16), (31, 17), (33, 64), (40, 130), (64, 200)])
  func theTransposeHoldsTheSameNumbersAndZerosBehind(_ rows: Int, _ columns: Int) {
    let values = numbers(rows * columns, seed: 4)
    let padded = BFloat16.paddedRows(rows)
    var found = [UInt16](repeating: 0xFFFF, count: padded * columns)
    BFloat16.convertTransposed(&found, values, rows: rows, columns: columns)
    let plain = Self.converted(values)
    for column in 0..<columns {
      for row in 0..<padded {
        let wanted = row < rows ? plain[row * columns + column] : 0
        #expect(found[column * padded + row] == wanted, "row \(row), column \(column)")
      }
    }
  }

  @Test(
    .enabled(if: BFloat16.isSupported),
    arguments: [(16, 16, 16), (48, 33, 17), (1, 5, 3), (300, 70, 32), (5, 64, 100)])
  func productsAreSumsOfRoundedFactors(_ rows: Int, _ columns: Int, _ inner: Int) {
    let a = numbers(rows * inner, seed: 1)
    let b = numbers(columns * inner, seed: 2)
    let (roundedA, roundedB) = (Self.converted(a), Self.converted(b))
    for accumulates in [false, true] {
      let initial = numbers(rows * columns, seed: 5)
      let found = written(rows * columns, over: initial) { c in
        BFloat16Product.multiply(
          into: c, stride: columns, BFloat16Operand(roundedA, stride: inner),
          BFloat16Operand(roundedB, stride: inner, transposed: true), rows: rows,
          columns: columns, inner: inner, accumulates: accumulates)
      }
      var wanted = initial.map { accumulates ? Double($0) : 0 }
      for row in 0..<rows {
        for column in 0..<columns {
          for k in 0..<inner {
            wanted[row * columns + column] +=
              Double(Self.float(roundedA[row * inner + k]))
              * Double(Self.float(roundedB[column * inner + k]))
          }
        }
      }
      #expect(deviation(found, wanted) < 2e-6)
    }
  }

  /// The same losses and slopes as from logits that lie the other way.
  @Test func crossEntropyByColumnsIsThatByRows() {
    let (rows, columns, classes) = (21, 32, 1_100)
    let logits = numbers(rows * classes, seed: 6).map { $0 * 8 }
    let bias = numbers(classes, seed: 7)
    let labels = (0..<rows).map { Int32($0 * 52 % classes) }
    var turned = [Float](repeating: 0, count: classes * columns)
    for row in 0..<rows {
      for c in 0..<classes { turned[c * columns + row] = logits[row * classes + c] }
    }
    var lse = [Float](repeating: 0, count: rows)
    var losses = lse
    var largest = [Int32](repeating: 0, count: rows)
    CrossEntropyKernel.forward(
      loss: &losses, logSumExp: &lse, largest: &largest, logits, bias: bias, labels: labels,
      rows: rows, columns: classes)
    var foundLSE = [Float](repeating: 0, count: columns)
    var foundLargest = [Int32](repeating: 0, count: columns)
    var scratch = [Float](
      repeating: 0,
      count: ColumnCrossEntropyKernel.scratchCount(classes: classes, columns: columns))
    ColumnCrossEntropyKernel.forward(
      logSumExp: &foundLSE, largest: &foundLargest, turned, bias: bias, scratch: &scratch,
      classes: classes, columns: columns)
    #expect(Array(foundLargest.prefix(rows)) == largest)
    #expect(deviation(Array(foundLSE.prefix(rows)), lse.map { Double($0) }) < 1e-6)

    var slopes = [Float](repeating: 0, count: rows * classes)
    CrossEntropyKernel.backward(
      &slopes, dbias: nil, logits, bias: bias, logSumExp: lse, labels: labels, scale: 0.5,
      scratch: nil, rows: rows, columns: classes)
    var found = [UInt16](repeating: 0, count: classes * columns)
    var dbias = [Float](repeating: 1, count: classes)
    ColumnCrossEntropyKernel.backward(
      &found, dbias: &dbias, turned, bias: bias, logSumExp: foundLSE,
      labels: labels + [Int32](repeating: -1, count: columns - rows),
      scales: (0..<columns).map { $0 < rows ? 0.5 : 0 }, classes: classes, columns: columns)
    for c in 0..<classes {
      var sum = 1.0
      for column in 0..<columns {
        let slope = column < rows ? slopes[column * classes + c] : 0
        let difference = abs(Self.float(found[c * columns + column]) - slope)
        #expect(difference <= 0.004 * abs(slope) + 1e-9, "class \(c), column \(column)")
        sum += Double(slope)
      }
      #expect(abs(Double(dbias[c]) - sum) < 1e-5)
    }
  }

  private static func converted(_ values: [Float]) -> [UInt16] {
    var found = [UInt16](repeating: 0, count: values.count)
    BFloat16.convert(&found, values, count: values.count)
    return found
  }

  private static func float(_ word: UInt16) -> Float { Float(bitPattern: UInt32(word) << 16) }

  /// Of the two neighbours with 8 bits of precision the nearer, or the even one.
  private static func nearest(_ value: Float) -> Float {
    guard value.isFinite else { return value }
    let low = UInt32(value.bitPattern >> 16)
    let down = Float(bitPattern: low << 16)
    let up = Float(bitPattern: (low + 1) << 16)
    let toDown = Double(abs(value - down))
    let toUp = up.isFinite ? Double(abs(up - value)) : Double(down.ulp) * 65_536 - toDown
    if toDown != toUp { return toDown < toUp ? down : up }
    return low.isMultiple(of: 2) ? down : up
  }
}
