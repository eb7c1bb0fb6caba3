internal import CKernels
internal import Kernels
public import Tensors

/// Adam with decoupled weight decay.
///
/// θ ← θ - lr·wd·θ, then θ ← θ - lr · m̂ / (√v̂ + ε). Source: Loshchilov and Hutter 2019;
/// `torch.optim.AdamW`.
public final class AdamW: Optimizer {
  public let parameters: ParameterStore
  public var updateCount = 0
  public let stateNames = ["exp_avg", "exp_avg_sq"]
  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double
  private let weightDecay: Double
  private let segments: [(range: Range<Int>, decays: Bool)]
  private var memory: (pointer: UnsafeMutablePointer<Float>, owner: AnyObject)?

  /// An optimizer whose moments are 0.
  ///
  /// - Parameters:
  ///   - parameters: The parameters to update.
  ///   - beta1: How much of the mean gradient is kept.
  ///   - beta2: How much of the mean squared gradient is kept.
  ///   - epsilon: Added to the root of the mean squared gradient.
  ///   - weightDecay: The share of a parameter that is taken away per unit of learning rate.
  ///   - decaysEverything: Whether biases and norms decay as well, as they do in `torch.optim`.
  public init(
    _ parameters: ParameterStore, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0.01, decaysEverything: Bool = false
  ) {
    self.parameters = parameters
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    segments = Self.segments(of: parameters, decaysEverything: decaysEverything)
  }

  /// Made when it is first asked for: a rank that shares another's state needs none of its own.
  public var state: UnsafeMutablePointer<Float> {
    if let memory { return memory.pointer }
    let storage = Storage(zeros: 2 * parameters.count)
    memory = (storage.pointer, storage)
    return storage.pointer
  }

  /// Neighbouring parameters of one kind as one range; the gaps belong to the range before.
  private static func segments(
    of store: ParameterStore, decaysEverything: Bool
  ) -> [(range: Range<Int>, decays: Bool)] {
    var segments: [(range: Range<Int>, decays: Bool)] = []
    for parameter in store.parameters {
      let decays = parameter.decays || decaysEverything
      let range = parameter.offset..<parameter.offset + parameter.count
      if let last = segments.last {
        segments[segments.count - 1].range = last.range.lowerBound..<range.lowerBound
        if last.decays == decays {
          segments[segments.count - 1].range = last.range.lowerBound..<range.upperBound
          continue
        }
      }
      segments.append((range, decays))
    }
    if let last = segments.last {
      segments[segments.count - 1].range = last.range.lowerBound..<store.count
    }
    return segments
  }

  public func moveState(to pointer: UnsafeMutablePointer<Float>, owner: AnyObject) {
    memory = (pointer, owner)
  }

  public func update(
    _ ranges: [Range<Int>], gradients: UnsafePointer<Float>, gradientScale: Float,
    learningRate: Double
  ) {
    var settings = ck_adamw(
      learning_rate: Float(learningRate), beta2: Float(beta2), first_share: Float(1 - beta1),
      second_share: Float(1 - beta2), epsilon: Float(epsilon), decay: 0,
      gradient_scale: gradientScale,
      first_correction: Float(1 - power(beta1, updateCount)),
      second_correction: Float((1 - power(beta2, updateCount)).squareRoot()))
    let values = parameters.changeValues()
    for range in ranges {
      for segment in segments where segment.range.overlaps(range) {
        let part = segment.range.clamped(to: range)
        settings.decay = segment.decays ? Float(learningRate * weightDecay) : 0
        let first = part.lowerBound
        AdamWKernel.update(
          parameters: values + first, first: state + first,
          second: state + parameters.count + first, gradients: gradients + first,
          count: part.count, settings)
      }
    }
  }

  /// βᵗ by repeated squaring: the same bits on every platform, unlike a mathematical library's.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
