public import Collectives
public import Diagnostics

/// The loss or the gradient of a step was infinite or not a number; the weights were not touched.
public struct TrainingDiverged: WorldDiagnostic, Equatable {
  /// The steps that were made before.
  public let step: Int
  /// The loss of the step that was not made.
  public let loss: Double
  /// The norm of its gradient.
  public let gradientNorm: Double
  /// The last step whose state is safe, if any.
  public let savedStep: Int?
  /// Whether this rank prints it.
  public let isReportedHere: Bool

  public var exitCode: ExitCode { .diverged }

  public var description: String {
    "training: step \(step + 1) is not finite: the loss is \(loss), the gradient norm "
      + "\(gradientNorm): "
      + (savedStep.map { "step \($0) is saved: " } ?? "nothing is saved yet: ")
      + "try a lower --learning-rate, a lower --clip-norm or more --warmup-steps"
  }
}
