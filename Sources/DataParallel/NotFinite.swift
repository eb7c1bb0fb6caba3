public import Diagnostics

/// A loss or a gradient that is infinite or not a number; nothing was changed.
public struct NotFinite: Diagnostic, Equatable {
  /// What the step computed.
  public let result: StepResult

  public var exitCode: ExitCode { .diverged }

  public var description: String {
    "training: the loss is \(result.loss) and the gradient norm \(result.gradientNorm), "
      + "must be finite: use a smaller --learning-rate or --clip-norm"
  }
}
