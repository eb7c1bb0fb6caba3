/// What one optimizer step was like, over all ranks.
public struct StepMetrics: Sendable, Equatable {
  /// The number of steps done, this one included.
  public var step: Int
  /// The number of steps of the whole run.
  public var stepCount: Int
  /// How many epochs lie behind, as a fraction.
  public var epoch: Double
  /// The mean loss per masked token in nats.
  public var loss: Double
  /// The mean of `loss` over the steps since the last one that was logged.
  public var averageLoss: Double
  /// The learning rate with which the step was made.
  public var learningRate: Double
  /// The norm of all gradients before clipping.
  public var gradientNorm: Double
  /// The tokens that this step read, over all ranks.
  public var tokenCount: Int
  /// The tokens that all steps so far read, over all ranks.
  public var totalTokenCount: Int
  /// The tokens that had to be predicted, over all ranks.
  public var maskedCount: Int

  /// Metrics of one step.
  public init(
    step: Int, stepCount: Int, epoch: Double, loss: Double, averageLoss: Double,
    learningRate: Double, gradientNorm: Double, tokenCount: Int, totalTokenCount: Int,
    maskedCount: Int
  ) {
    self.step = step
    self.stepCount = stepCount
    self.epoch = epoch
    self.loss = loss
    self.averageLoss = averageLoss
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.tokenCount = tokenCount
    self.totalTokenCount = totalTokenCount
    self.maskedCount = maskedCount
  }
}
