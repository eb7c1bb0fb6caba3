import CKernels
import Kernels
import Testing

/// Lockstep's own products: an element's bits depend on nothing but its row, its column and the terms.
struct OwnProductTests {
  private static let levels = ["x86-64-v4", "x86-64-v3", "any"].filter { name in
    onLevel(name) {} != nil
  }

  /// Products on this thread with an instruction set, or nil where the processor lacks it.
  private static func onLevel<Result>(_ name: String, _ body: () -> Result) -> Result? {
    guard ck_product_use(name) else { return nil }
    defer { _ = Platform.kernelLevel.withCString { ck_product_use($0) } || ck_product_use("any") }
    return body()
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
      (1, 1, 1), (14, 32, 192), (13, 31, 191), (15, 33, 193), (200, 70, 400), (7, 600, 10),
      (1_100, 40, 30), (300, 1_100, 500), (29, 3, 385),
    ].flatMap { rows, columns, inner in
      [(false, false), (true, false), (false, true), (true, true)].map {
        Case(
          rows: rows, columns: columns, inner: inner, transposesA: $0.0, transposesB: $0.1)
      }
    }
  }

  @Test(arguments: Case.all)
  func equalsDoublePrecisionWithEveryInstructionSet(_ it: Case) {
    for accumulates in [false, true] {
      let product = Operands(it)
      let exact = product.exact(scale: 0.5, accumulates: accumulates)
      for level in Self.levels {
        let found = Self.onLevel(level) { product.compute(scale: 0.5, accumulates: accumulates) }
        // Rounding grows with the terms of a sum, not with what is left of them.
        let error = deviation(found ?? [], exact, floor: Double(it.inner))
        #expect(error < 2e-6, "\(level)")
      }
    }
  }

  @Test(arguments: Case.all)
  func instructionSetsWithFusedMultiplyAddsGiveTheSameBits(_ it: Case) {
    let product = Operands(it)
    let found = Self.levels.filter { $0 != "any" }.map { level in
      Self.onLevel(level) { product.compute(scale: 0.3, accumulates: true) }
    }
    for other in found.dropFirst() { #expect(other == found[0]) }
  }

  /// Parts begin and end anywhere.
  @Test(arguments: Case.all)
  func partsHaveTheBitsOfTheWhole(_ it: Case) {
    let product = Operands(it)
    let whole = product.compute(scale: 0.7, accumulates: true)
    for (first, second) in [(3, 2), (2, 3), (5, 7)] {
      let rowRanges = [0..<it.rows / first, it.rows / first..<it.rows]
      let columnRanges = [0..<it.columns / second, it.columns / second..<it.columns]
      var parts = product.initial
      for rows in rowRanges where !rows.isEmpty {
        for columns in columnRanges where !columns.isEmpty {
          product.add(to: &parts, rows, columns, scale: 0.7)
        }
      }
      #expect(parts == whole, "\(rowRanges) \(columnRanges)")
    }
  }

  @Test func instructionSetsThatAreNotThereAreRefused() {
    #expect(!ck_product_use("x86-64-v9"))
    #expect(Self.levels.last == "any")
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

    func compute(scale: Float, accumulates: Bool) -> [Float] {
      var c = initial
      multiply(&c, 0..<it.rows, 0..<it.columns, scale, accumulates)
      return c
    }

    func add(to c: inout [Float], _ rows: Range<Int>, _ columns: Range<Int>, scale: Float) {
      multiply(&c, rows, columns, scale, true)
    }

    private func multiply(
      _ c: inout [Float], _ rows: Range<Int>, _ columns: Range<Int>, _ scale: Float,
      _ accumulates: Bool
    ) {
      let (strideA, strideB) = (
        it.transposesA ? it.rows : it.inner, it.transposesB ? it.inner : it.columns
      )
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeMutableBufferPointer { c in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
              return
            }
            ck_product(
              c + rows.lowerBound * it.columns + columns.lowerBound, Int64(it.columns),
              ck_operand(
                first: a + rows.lowerBound * (it.transposesA ? 1 : strideA),
                stride: Int64(strideA), is_transposed: it.transposesA),
              ck_operand(
                first: b + columns.lowerBound * (it.transposesB ? strideB : 1),
                stride: Int64(strideB), is_transposed: it.transposesB),
              Int64(rows.count), Int64(columns.count), Int64(it.inner), scale, accumulates)
          }
        }
      }
    }

    func exact(scale: Double, accumulates: Bool) -> [Double] {
      (0..<it.rows * it.columns).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: it.columns)
        var sum = 0.0
        for k in 0..<it.inner {
          let a = a[it.transposesA ? k * it.rows + row : row * it.inner + k]
          let b = b[it.transposesB ? column * it.inner + k : k * it.columns + column]
          sum += Double(a) * Double(b)
        }
        return scale * sum + (accumulates ? Double(initial[index]) : 0)
      }
    }
  }
}
