import CKernels
import Kernels
import Testing

@Suite(.enabled(if: BFloat16.isSupported)) struct BFloat16Tests {
  private static let levels = ["amx-bf16", "avx512-bf16"].filter { name in
    onLevel(name) {} != nil
  }

  /// Products on this thread with an instruction set, or nil where the processor lacks it.
  private static func onLevel<Result>(_ name: String, _ body: () -> Result) -> Result? {
    defer { _ = BFloat16.instructions.withCString { ck_rounding_use($0) } }
    guard ck_rounding_use(name) else { return nil }
    return body()
  }

  /// Values whose rounding is decided by the last bits: halves between neighbours, and the largest.
  private static let special: [Float] = [
    0, -0.0, 1, -1, .infinity, -.infinity, 1.003_906_25, 1.011_718_75, 1.007_812_5,
    .greatestFiniteMagnitude, 3.402_823e38,
  ]

  @Test func factorsAreRoundedToNearestEven() {
    let values = Self.special + numbers(1_000, seed: 3)
    for level in Self.levels {
      let found = Self.onLevel(level) {
        written(values.count, over: values) { c in
          MatrixProduct.multiply(
            into: c, stride: 1, MatrixOperand(values, stride: 1), MatrixOperand([1], stride: 1),
            rows: values.count, columns: 1, inner: 1, rounds: true)
        }
      }
      for (value, found) in zip(values, found ?? []) {
        #expect(found == Self.nearest(value), "\(level): \(value)")
      }
    }
  }

  /// A product's sizes and how its operands lie.
  struct Case: Sendable, CustomTestStringConvertible {
    let rows, columns, inner: Int
    let transposesA, transposesB: Bool
    var testDescription: String {
      "\(rows) × \(inner) × \(columns) \(transposesA ? "T" : "N")\(transposesB ? "T" : "N")"
    }

    /// Blocks, panels and tiles that are full, that are not, and that are missing.
    static let all = [
      (1, 1, 1), (16, 16, 16), (48, 33, 17), (32, 32, 768), (300, 70, 32), (5, 64, 800),
      (15, 17, 31), (1_030, 33, 7), (64, 600, 65),
    ].flatMap { rows, columns, inner in
      [(false, false), (true, false), (false, true), (true, true)].map {
        Case(rows: rows, columns: columns, inner: inner, transposesA: $0.0, transposesB: $0.1)
      }
    }
  }

  @Test(arguments: Case.all)
  func productsAreSumsOfRoundedFactors(_ it: Case) {
    let product = Operands(it)
    for accumulates in [false, true] {
      let exact = product.exact(accumulates: accumulates)
      for level in Self.levels {
        let found = Self.onLevel(level) {
          product.compute(0..<it.rows, 0..<it.columns, accumulates: accumulates)
        }
        // Rounding grows with the terms of a sum, not with what is left of them.
        let error = deviation(found ?? [], exact, floor: Double(it.inner))
        #expect(error < 2e-6, "\(level)")
      }
    }
  }

  @Test(arguments: Case.all)
  func partsHaveTheBitsOfTheWhole(_ it: Case) {
    let product = Operands(it)
    for level in Self.levels {
      _ = Self.onLevel(level) {
        for accumulates in [false, true] {
          let whole = product.compute(0..<it.rows, 0..<it.columns, accumulates: accumulates)
          for rows in [0..<it.rows / 3, it.rows / 3..<it.rows] where !rows.isEmpty {
            for columns in [0..<it.columns / 2, it.columns / 2..<it.columns]
            where !columns.isEmpty {
              let part = product.compute(rows, columns, accumulates: accumulates)
              let isEqual = rows.allSatisfy { row in
                columns.allSatisfy {
                  part[row * it.columns + $0] == whole[row * it.columns + $0]
                }
              }
              #expect(isEqual, "\(level) \(rows) \(columns)")
            }
          }
        }
      }
    }
  }

  /// Two matrices without gaps and a result to add to.
  private struct Operands {
    let it: Case
    let a, b, initial: [Float]

    init(_ it: Case) {
      self.it = it
      a = numbers(it.rows * it.inner, seed: 4)
      b = numbers(it.inner * it.columns, seed: 5)
      initial = numbers(it.rows * it.columns, seed: 6)
    }

    /// The result, of which only some rows and columns are computed.
    func compute(_ rows: Range<Int>, _ columns: Range<Int>, accumulates: Bool) -> [Float] {
      let strideA = it.transposesA ? it.rows : it.inner
      let strideB = it.transposesB ? it.inner : it.columns
      let firstA = rows.lowerBound * (it.transposesA ? 1 : strideA)
      let firstB = columns.lowerBound * (it.transposesB ? strideB : 1)
      return written(it.rows * it.columns, over: initial) { c in
        a.withUnsafeBufferPointer { a in
          b.withUnsafeBufferPointer { b in
            guard let a = a.baseAddress, let b = b.baseAddress else { return }
            MatrixProduct.multiply(
              into: c + rows.lowerBound * it.columns + columns.lowerBound, stride: it.columns,
              MatrixOperand(a + firstA, stride: strideA, transposed: it.transposesA),
              MatrixOperand(b + firstB, stride: strideB, transposed: it.transposesB),
              rows: rows.count, columns: columns.count, inner: it.inner, accumulates: accumulates,
              rounds: true)
          }
        }
      }
    }

    func exact(accumulates: Bool) -> [Double] {
      let a = a.map { Double(nearest($0)) }
      let b = b.map { Double(nearest($0)) }
      return (0..<it.rows * it.columns).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: it.columns)
        return (0..<it.inner).reduce(accumulates ? Double(initial[index]) : 0) { sum, k in
          sum + a[it.transposesA ? k * it.rows + row : row * it.inner + k]
            * b[it.transposesB ? column * it.inner + k : k * it.columns + column]
        }
      }
    }
  }

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
