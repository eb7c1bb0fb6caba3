/// Something that watches a run; it lives on rank 0 and may look, not touch.
///
/// Every requirement has a default that does nothing. An error thrown here ends the run.
public protocol TrainingCallback: AnyObject {
  /// There is something that the user should know, in one line.
  func noted(_ note: String) throws
  /// The run begins, or goes on, behind `startStep` steps.
  func trainingBegins(_ overview: TrainingOverview) throws
  /// An optimizer step was made.
  func stepEnded(_ metrics: StepMetrics) throws
  /// The run pauses for an evaluation.
  func evaluationBegins(sampleCount: Int) throws
  /// That many samples of the evaluation are done.
  func evaluationAdvanced(toSample sample: Int) throws
  /// An evaluation behind `step` steps is done.
  func evaluated(_ evaluation: Evaluation, after step: Int, epoch: Double) throws
  /// A checkpoint behind `step` steps is safe in `folder`.
  func checkpointed(to folder: String, after step: Int) throws
  /// The run ends: all steps are made, or it was interrupted.
  func trainingEnds(_ outcome: TrainingOutcome) throws
}

extension TrainingCallback {
  public func noted(_ note: String) throws {}
  public func trainingBegins(_ overview: TrainingOverview) throws {}
  public func stepEnded(_ metrics: StepMetrics) throws {}
  public func evaluationBegins(sampleCount: Int) throws {}
  public func evaluationAdvanced(toSample sample: Int) throws {}
  public func evaluated(_ evaluation: Evaluation, after step: Int, epoch: Double) throws {}
  public func checkpointed(to folder: String, after step: Int) throws {}
  public func trainingEnds(_ outcome: TrainingOutcome) throws {}
}

/// What is known about a run when it begins.
public struct TrainingOverview: Sendable, Equatable {
  /// The steps that were already made: 0 unless the run is resumed.
  public var startStep: Int
  /// The number of steps of the whole run.
  public var stepCount: Int
  /// The number of steps of one epoch.
  public var stepsPerEpoch: Int
  /// The checkpoint that the run goes on from, if it does.
  public var checkpoint: String?

  /// An overview of a run.
  public init(startStep: Int, stepCount: Int, stepsPerEpoch: Int, checkpoint: String? = nil) {
    self.checkpoint = checkpoint
    self.startStep = startStep
    self.stepCount = stepCount
    self.stepsPerEpoch = stepsPerEpoch
  }
}

/// How a run ended.
public struct TrainingOutcome: Sendable, Equatable {
  /// The steps that were made in all.
  public var step: Int
  /// The number of steps of the whole run.
  public var stepCount: Int
  /// The last evaluation, if there was one.
  public var evaluation: Evaluation?
  /// The signal that asked the run to stop before its end, if one did.
  public var interruption: Int32?

  /// An outcome of a run.
  public init(step: Int, stepCount: Int, evaluation: Evaluation?, interruption: Int32?) {
    self.step = step
    self.stepCount = stepCount
    self.evaluation = evaluation
    self.interruption = interruption
  }

  /// Whether every step was made.
  public var isComplete: Bool { step >= stepCount }
}
