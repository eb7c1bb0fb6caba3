import CKernels
import Kernels
import Testing

struct AdamWKernelTests {
  @Test(arguments: oddSizes + [70_000])
  func equalsTheFormula(_ count: Int) {
    let (rate, beta1, beta2, epsilon, decay, scale) = (1e-2, 0.9, 0.999, 1e-8, 0.001, 0.5)
    let (first, second) = (1 - 0.9 * 0.9 * 0.9, (1 - 0.999 * 0.999 * 0.999).squareRoot())
    let settings = ck_adamw(
      learning_rate: Float(rate), beta2: Float(beta2), first_share: Float(1 - beta1),
      second_share: Float(1 - beta2), epsilon: Float(epsilon), decay: Float(decay),
      gradient_scale: Float(scale),
      first_correction: Float(first), second_correction: Float(second))
    let (p, m, g) = (numbers(count), numbers(count, seed: 2), numbers(count, seed: 4))
    let v = numbers(count, seed: 3).map { abs($0) }
    let (parameters, means) = (Guarded(count, over: p), Guarded(count, over: m))
    let squares = Guarded(count, over: v)
    AdamWKernel.update(
      parameters: parameters.pointer, first: means.pointer, second: squares.pointer, gradients: g,
      count: count, settings)
    let gradients = g.map { Double($0) * scale }
    let newMeans = zip(m, gradients).map { Double($0) * beta1 + $1 * (1 - beta1) }
    let newSquares = zip(v, gradients).map { Double($0) * beta2 + $1 * $1 * (1 - beta2) }
    let wanted = (0..<count).map { i in
      Double(p[i]) * (1 - decay)
        - rate * (newMeans[i] / first) / (newSquares[i].squareRoot() / second + epsilon)
    }
    #expect(deviation(means.elements(), newMeans) < 3e-7)
    #expect(deviation(squares.elements(), newSquares) < 3e-7)
    #expect(deviation(parameters.elements(), wanted) < 1e-6)
  }

  /// Where nothing was ever learnt nothing moves, but what decays.
  @Test func noGradientMovesNothing() {
    let settings = ck_adamw(
      learning_rate: 1, beta2: 0.999, first_share: 0.1, second_share: 0.001, epsilon: 1e-8,
      decay: 0.25, gradient_scale: 1,
      first_correction: 0.1, second_correction: 0.03)
    let zeros = [Float](repeating: 0, count: 20)
    let (means, squares) = (Guarded(20, over: zeros), Guarded(20, over: zeros))
    let found = written(20, over: [Float](repeating: 2, count: 20)) {
      AdamWKernel.update(
        parameters: $0, first: means.pointer, second: squares.pointer, gradients: zeros,
        count: 20, settings)
    }
    #expect(found == [Float](repeating: 1.5, count: 20))
    #expect(means.elements() == zeros && squares.elements() == zeros)
  }
}
