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

  private static func multiply(accumulates: Bool) -> ProductOperands.Multiply {
    { ck_product_rounded($0, $1, $2, $3, $4, $5, $6, accumulates) }
  }

  /// Blocks, panels and tiles that are full, that are not, and that are missing; the last is stored past
  /// the caches.
  private static let cases = ProductCase.all([
    (1, 1, 1), (16, 16, 16), (48, 33, 17), (32, 32, 768), (300, 70, 32), (5, 64, 800),
    (15, 17, 31), (1_030, 33, 7), (64, 600, 65), (544, 576, 40),
  ])

  @Test(arguments: cases)
  func productsAreSumsOfRoundedFactors(_ it: ProductCase) {
    let product = ProductOperands(it)
    for accumulates in [false, true] {
      let exact = product.exact(accumulates: accumulates, of: Self.nearest)
      for level in Self.levels {
        let found = Self.onLevel(level) {
          product.result(by: Self.multiply(accumulates: accumulates))
        }
        // Rounding grows with the terms of a sum, not with what is left of them.
        let error = deviation(found ?? [], exact, floor: Double(it.inner))
        #expect(error < 2e-6, "\(level)")
      }
    }
  }

  @Test(arguments: cases)
  func partsHaveTheBitsOfTheWhole(_ it: ProductCase) {
    let product = ProductOperands(it)
    for level in Self.levels {
      _ = Self.onLevel(level) {
        for accumulates in [false, true] {
          let multiply = Self.multiply(accumulates: accumulates)
          let whole = product.result(by: multiply)
          for rows in [0..<it.rows / 3, it.rows / 3..<it.rows] where !rows.isEmpty {
            for columns in [0..<it.columns / 2, it.columns / 2..<it.columns]
            where !columns.isEmpty {
              let part = product.result(rows, columns, by: multiply)
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
