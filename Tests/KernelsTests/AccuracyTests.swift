import CKernels
import Glibc
import Kernels
import Testing

/// Approximated functions against the mathematical library's in double precision, over all floats.
///
/// Tolerances are two to three times what was found: tanh 1.8e-7 (5.5e-6 relative), gelu 1.3e-7 (1.4e-5
/// relative), its slope 2.5e-7, exp 1.9e-7, logarithms 1.2e-7. A float holds 6e-8.
struct AccuracyTests {
  /// Every 4,093rd float from the smallest denormal to 1e30, of both signs, and those in between that
  /// matter most.
  private static let floats: [Float] = {
    let patterns = stride(from: UInt32(0), to: Float(1e30).bitPattern, by: 4_093)
    let wide = patterns.map { Float(bitPattern: $0) }
    let near = (0..<200_000).map { Float($0) * 1e-4 }
    return (wide + near).flatMap { [$0, -$0] }
  }()

  @Test func tanh() {
    let x = Self.floats
    let found = written(x.count) { ElementwiseKernel.tanhForward($0, x, count: x.count) }
    let wanted = x.map { Glibc.tanh(Double($0)) }
    #expect(deviation(found, wanted) < 3e-7)
    // Small results keep their digits; the worst are those near 0.02, where the series ends.
    #expect(deviation(found, wanted, floor: 1e-37) < 1e-5)
  }

  @Test func gelu() {
    let x = Self.floats
    let found = written(x.count) {
      GELUKernel.forward($0, x, bias: nil, rows: 1, columns: x.count)
    }
    let wanted = x.map { Exact.gelu(Double($0)) }
    #expect(deviation(found, wanted) < 3e-7)
    // The far left tail: e^(-x²/2) multiplies the rounding of x² by up to 70.
    #expect(deviation(found, wanted, floor: 1e-30) < 3e-5)
  }

  @Test func geluSlope() {
    let x = Self.floats
    let ones = [Float](repeating: 1, count: x.count)
    let found = written(x.count) {
      GELUKernel.backward(
        $0, ones, x, bias: nil, dbias: nil, scratch: nil, rows: 1, columns: x.count)
    }
    let wanted = x.map { Exact.geluSlope(Double($0)) }
    #expect(deviation(found, wanted) < 5e-7)
  }

  @Test func geluTanh() {
    let x = Self.floats
    let found = written(x.count) {
      GELUKernel.forward($0, x, bias: nil, form: .tanh, rows: 1, columns: x.count)
    }
    #expect(deviation(found, x.map { Exact.geluTanh(Double($0)) }) < 4e-7)
  }

  @Test func geluTanhSlope() {
    let x = Self.floats
    let ones = [Float](repeating: 1, count: x.count)
    let found = written(x.count) {
      GELUKernel.backward(
        $0, ones, x, bias: nil, form: .tanh, dbias: nil, scratch: nil, rows: 1, columns: x.count)
    }
    #expect(deviation(found, x.map { Exact.geluTanhSlope(Double($0)) }) < 1e-6)
  }

  /// A row of two logits, 0 and x, makes softmax show eˣ.
  @Test func exponential() {
    let x = Self.floats.filter { $0 <= 0 }
    let found = written(2 * x.count) { y in
      SoftmaxKernel.forward(y, x.flatMap { [0, $0] }, rows: x.count, columns: 2)
    }
    let wanted = x.flatMap { Exact.softmax([0, Double($0)]) }
    // Below e⁻⁸⁷ the result stays 1.2e-38.
    #expect(deviation(found, wanted, floor: 1e-30) < 1e-6)
  }

  /// Cross-entropy of the logits 0 and x is ln(1 + eˣ).
  @Test func logarithm() {
    let x = Self.floats.filter { abs($0) < 80 }
    let labels = [Int32](repeating: 0, count: x.count)
    var largest = labels
    let (losses, sums) = (Guarded(x.count), Guarded(x.count))
    CrossEntropyKernel.forward(
      loss: losses.pointer, logSumExp: sums.pointer, largest: &largest, x.flatMap { [0, $0] },
      bias: nil, labels: labels, rows: x.count, columns: 2)
    let wanted = x.map { Exact.logSumExp([0, Double($0)]) }
    #expect(deviation(losses.elements(), wanted) < 3e-7)
    #expect(sums.elements() == losses.elements())
    #expect(largest == x.map { $0 > 0 ? 1 : 0 })
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan, .greatestFiniteMagnitude])
  func extremes(_ x: Float) {
    func first(_ body: (UnsafeMutablePointer<Float>) -> Void) -> Float { written(1, by: body)[0] }
    let tanh = first { ElementwiseKernel.tanhForward($0, [x], count: 1) }
    let gelu = first { GELUKernel.forward($0, [x], bias: nil, rows: 1, columns: 1) }
    let geluTanh = first {
      GELUKernel.forward($0, [x], bias: nil, form: .tanh, rows: 1, columns: 1)
    }
    let relu = first { ElementwiseKernel.reluForward($0, [x], count: 1) }
    if x.isNaN {
      #expect(tanh.isNaN && gelu.isNaN && geluTanh.isNaN && relu.isNaN)
    } else if x > 0 {
      #expect(tanh == 1 && gelu == x && geluTanh == x && relu == x)
    } else {
      #expect(tanh == -1 && abs(geluTanh) < 1e-30 && relu == 0)
    }
  }

  /// A number that is not one must reach the loss, or a run that diverged looks healthy.
  @Test(arguments: [1, 5, 16, 33], [Float.nan, .infinity])
  func rowsWithWhatIsNoNumberHaveNoResult(columns: Int, bad: Float) {
    for place in [0, columns / 2, columns - 1] {
      var x = numbers(2 * columns)
      x[place] = bad
      let soft = written(2 * columns) {
        SoftmaxKernel.forward($0, x, rows: 2, columns: columns)
      }
      #expect(soft[..<columns].allSatisfy { $0.isNaN })
      #expect(soft[columns...].allSatisfy { $0.isFinite })
      var largest: [Int32] = [0, 0]
      let (losses, sums) = (Guarded(2), Guarded(2))
      CrossEntropyKernel.forward(
        loss: losses.pointer, logSumExp: sums.pointer, largest: &largest, x, bias: nil,
        labels: [0, 0], rows: 2, columns: columns)
      #expect(losses.elements().map(\.isFinite) == [false, true])
      let slopes = written(2 * columns) {
        CrossEntropyKernel.backward(
          $0, dbias: nil, x, bias: nil, logSumExp: sums.pointer, labels: [0, 0], scale: 1,
          rows: 2, columns: columns)
      }
      #expect(slopes[..<columns].contains { !$0.isFinite })
      #expect(slopes[columns...].allSatisfy { $0.isFinite })
    }
  }
}
