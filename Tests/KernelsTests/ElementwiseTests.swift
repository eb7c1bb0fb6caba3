import CKernels
import Kernels
import Testing

struct ElementwiseTests {
  /// Of a result of one or two roundings.
  private static let tolerance = 2e-7

  @Test(arguments: oddSizes + [65_535, 65_536, 65_537, 200_001])
  func arithmeticIsThatOfPlainSwift(_ count: Int) {
    let (a, b, y) = (numbers(count), numbers(count, seed: 2), numbers(count, seed: 3))
    func check(
      _ operation: (UnsafeMutablePointer<Float>) -> Void, _ wanted: (Int) -> Double,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let found = written(count, over: y, sourceLocation: sourceLocation, by: operation)
      let worst = deviation(found, (0..<count).map(wanted))
      #expect(worst < Self.tolerance, sourceLocation: sourceLocation)
    }
    check(
      { ElementwiseKernel.add($0, a, b, count: count) }, { Double(a[$0]) + Double(b[$0]) })
    check(
      { ElementwiseKernel.multiply($0, a, b, count: count) }, { Double(a[$0]) * Double(b[$0]) })
    check(
      { ElementwiseKernel.multiply($0, a, b, count: count, accumulates: true) },
      { Double(y[$0]) + Double(a[$0]) * Double(b[$0]) })
    check(
      { ElementwiseKernel.scale($0, a, by: -0.3, count: count) },
      { Double(a[$0]) * Double(Float(-0.3)) })
    check(
      { ElementwiseKernel.scale($0, a, by: -0.3, count: count, accumulates: true) },
      { Double(y[$0]) + Double(a[$0]) * Double(Float(-0.3)) })
    check({ ElementwiseKernel.reluForward($0, a, count: count) }, { max(0, Double(a[$0])) })
    check(
      { ElementwiseKernel.reluBackward($0, a, b, count: count) }, { b[$0] > 0 ? Double(a[$0]) : 0 })
    check(
      { ElementwiseKernel.tanhBackward($0, a, b, count: count) },
      { Double(a[$0]) * (1 - Double(b[$0]) * Double(b[$0])) })
  }

  @Test func reluHasNoSlopeAtZero() {
    let x: [Float] = [-1, -0.0, 0, .leastNonzeroMagnitude]
    let y = written(4) { ElementwiseKernel.reluForward($0, x, count: 4) }
    #expect(y == [0, 0, 0, .leastNonzeroMagnitude])
    let slopes = written(4) { ElementwiseKernel.reluBackward($0, [3, 3, 3, 3], x, count: 4) }
    #expect(slopes == [0, 0, 0, 3])
  }

  @Test(arguments: oddSizes + [1_000_003])
  func sumsAreMadeInDoublePrecision(_ count: Int) {
    let x = numbers(count).map { $0 + 1_000 }
    let sum = x.reduce(0.0) { $0 + Double($1) }
    let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
    // Rounding of the sums here, which are made in another order; in floats it would be 1e-5.
    #expect(abs(ElementwiseKernel.sum(x, count: count) - sum) <= 1e-12 * abs(sum))
    #expect(abs(ElementwiseKernel.sumOfSquares(x, count: count) - squares) <= 1e-12 * squares)
  }

  @Test func sumsOfLargeNumbersDoNotOverflow() {
    let x = [Float](repeating: 3e38, count: 40)
    #expect(ElementwiseKernel.sum(x, count: 40) > 1e40)
    #expect(ElementwiseKernel.sumOfSquares(x, count: 40).isFinite)
  }
}
