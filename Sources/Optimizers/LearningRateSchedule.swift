/// The learning rate as a function of the step alone.
public enum LearningRateSchedule: Sendable, Equatable {
  /// The same rate at every step after the warm-up.
  case constant(peak: Double, warmupSteps: Int)
  /// Up from 0 over the warm-up, then down to 0 at `totalSteps`.
  ///
  /// Source: `transformers.get_linear_schedule_with_warmup`.
  case linear(peak: Double, warmupSteps: Int, totalSteps: Int)

  /// The rate of the update that follows `step` earlier ones.
  ///
  /// With a warm-up the first rate is 0, as in Transformers.
  public func learningRate(atStep step: Int) -> Double {
    switch self {
    case .constant(let peak, let warmup):
      return step < warmup ? peak * Double(step) / Double(max(1, warmup)) : peak
    case .linear(let peak, let warmup, let total):
      guard step >= warmup else { return peak * Double(step) / Double(max(1, warmup)) }
      return peak * max(0, Double(total - step) / Double(max(1, total - warmup)))
    }
  }
}
