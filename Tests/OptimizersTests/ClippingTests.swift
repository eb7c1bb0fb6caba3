import Optimizers
import Testing

struct ClippingTests {
  private static let cases: [(norm: Double, maximum: Double, factor: Double)] = [
    (0, 1, 1), (0.5, 1, 1), (2, 1, 1 / 2.000_001), (2, 0, 1), (1e30, 1, 1e-30),
    (3, 3, 3 / 3.000_001),
  ]

  @Test(arguments: cases)
  func factorIsThatOfPyTorch(norm: Double, maximum: Double, factor: Double) {
    #expect(Clipping.factor(norm: norm, maximum: maximum) == Float(factor))
  }
}
