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

  private static func multiply(
    scale: Float, accumulates: Bool
  ) -> ProductOperands.Multiply {
    { ck_product($0, $1, $2, $3, $4, $5, $6, scale, accumulates) }
  }

  /// Blocks, panels and tiles that are full, that are not, and that are missing.
  private static let cases = ProductCase.all([
    (1, 1, 1), (14, 32, 192), (13, 31, 191), (15, 33, 193), (200, 70, 400), (7, 600, 10),
    (1_100, 40, 30), (300, 1_100, 500), (29, 3, 385),
  ])

  @Test(arguments: cases)
  func equalsDoublePrecisionWithEveryInstructionSet(_ it: ProductCase) {
    let product = ProductOperands(it)
    for accumulates in [false, true] {
      let exact = product.exact(scale: 0.5, accumulates: accumulates)
      for level in Self.levels {
        let found = Self.onLevel(level) {
          product.result(by: Self.multiply(scale: 0.5, accumulates: accumulates))
        }
        // Rounding grows with the terms of a sum, not with what is left of them.
        let error = deviation(found ?? [], exact, floor: Double(it.inner))
        #expect(error < 2e-6, "\(level)")
      }
    }
  }

  @Test(arguments: cases)
  func instructionSetsWithFusedMultiplyAddsGiveTheSameBits(_ it: ProductCase) {
    let product = ProductOperands(it)
    let found = Self.levels.filter { $0 != "any" }.map { level in
      Self.onLevel(level) { product.result(by: Self.multiply(scale: 0.3, accumulates: true)) }
    }
    for other in found.dropFirst() { #expect(other == found[0]) }
  }

  /// Parts begin and end anywhere.
  @Test(arguments: cases)
  func partsHaveTheBitsOfTheWhole(_ it: ProductCase) {
    let product = ProductOperands(it)
    let multiply = Self.multiply(scale: 0.7, accumulates: true)
    let whole = product.result(by: multiply)
    for (first, second) in [(3, 2), (2, 3), (5, 7)] {
      let rowRanges = [0..<it.rows / first, it.rows / first..<it.rows]
      let columnRanges = [0..<it.columns / second, it.columns / second..<it.columns]
      var parts = product.initial
      for rows in rowRanges where !rows.isEmpty {
        for columns in columnRanges where !columns.isEmpty {
          parts = product.result(rows, columns, over: parts, by: multiply)
        }
      }
      #expect(parts == whole, "\(rowRanges) \(columnRanges)")
    }
  }

  @Test func instructionSetsThatAreNotThereAreRefused() {
    #expect(!ck_product_use("x86-64-v9"))
    #expect(Self.levels.last == "any")
  }
}
