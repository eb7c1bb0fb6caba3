import Optimizers

/// How long a run is and how its learning rate goes: what follows from arguments, data and model.
struct TrainingPlan: Equatable {
  /// The steps of one epoch.
  let stepsPerEpoch: Int
  /// The steps of the run.
  let stepCount: Int
  /// The highest learning rate.
  let learningRate: Double
  /// The steps in which the learning rate rises.
  let warmupSteps: Int

  /// A plan for a model of that width, 0 if it has none.
  init(_ arguments: TrainingArguments, stepsPerEpoch: Int, width: Int) {
    self.stepsPerEpoch = stepsPerEpoch
    stepCount =
      arguments.steps ?? (arguments.epochs ?? TrainingArguments.defaultEpochs) * stepsPerEpoch
    learningRate =
      arguments.learningRate ?? TrainingArguments.defaultLearningRate(hiddenSize: width)
    warmupSteps = arguments.resolvedWarmupSteps(of: stepCount)
  }

  /// The learning rate of every step.
  var schedule: LearningRateSchedule {
    .linear(peak: learningRate, warmupSteps: warmupSteps, totalSteps: stepCount)
  }
}
