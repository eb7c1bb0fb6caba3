public import Collectives
import DataParallel
public import Datasets
import Diagnostics
import Files
import Kernels
public import Models
import Optimizers
import Tensors
public import Tokenizers

/// Trains a model on all ranks of a world, keeps its checkpoints and evaluates it.
///
/// Whatever it does can be written by hand with `Replica`, `DataLoader`, `AdamW` and `Evaluation`.
public final class Trainer {
  /// The model, whose weights every rank has.
  public let model: any MaskedModel
  /// What the run was told.
  public let arguments: TrainingArguments
  /// The ranks.
  public let world: any Communicator
  /// What watches the run; only those of rank 0 are called.
  public var callbacks: [any TrainingCallback]

  let tokenizer: Tokenizer
  let optimizer: AdamW
  let loader: DataLoader
  private let plan: TrainingPlan
  let settings: RunSettings
  var state = RunState()
  /// Where the time of some steps goes, if that was asked for.
  public let profile: StepProfile?
  /// The last step whose state is safe, if any.
  var savedStep: Int?
  /// How many saves have failed since the last that did not; counted on rank 0.
  var failedSaveCount = 0
  /// What rank 0 alone holds.
  var folder: RunFolder?
  private let evaluationLoader: DataLoader?
  private let training: TokenDataset
  private var baseline: UnigramBaseline?

  /// A trainer; all ranks must make one of the same things.
  ///
  /// - Parameters:
  ///   - model: what to train; rank 0's weights win.
  ///   - tokenizer: what made the samples; it is saved beside the model.
  ///   - collator: what masks the samples; evaluation freezes it.
  ///   - training: the samples to train on.
  ///   - evaluation: the samples to evaluate on; nil or an empty dataset for no evaluation.
  ///   - arguments: how to train; `data`, `model`, `tokenizer` and the like have been put to use.
  ///   - world: the ranks.
  /// - Throws: `ArgumentsError` or `BatchPlanError`, on every rank.
  public init(
    model: any MaskedModel, tokenizer: Tokenizer, collator: MaskingCollator,
    training: TokenDataset, evaluation: TokenDataset?, arguments: TrainingArguments,
    world: any Communicator
  ) throws {
    self.model = model
    self.tokenizer = tokenizer
    self.arguments = arguments
    self.world = world
    self.training = training
    callbacks = []
    profile = arguments.profile ? StepProfile() : nil
    (loader, evaluationLoader) = try world.together("look at the batches") {
      try arguments.validate()
      let loader = try DataLoader(
        training, microBatchSize: arguments.microBatchSize,
        globalBatchSize: arguments.globalBatchSize, order: .shuffled(seed: arguments.seed),
        collator: collator, torchSeed: arguments.parity == .hf ? arguments.seed : nil,
        rank: world.rank, worldSize: world.worldSize)
      let samples = evaluation.flatMap { $0.count > 0 ? $0 : nil }
      return (
        loader,
        try samples.map {
          try DataLoader(
            $0, microBatchSize: arguments.microBatchSize, collator: collator.frozen)
        }
      )
    }
    let configuration = (model as? any PretrainedModel)?.configuration
    plan = TrainingPlan(
      arguments, stepsPerEpoch: loader.stepsPerEpoch, width: configuration?.width ?? 0)
    optimizer = AdamW(model.parameters, weightDecay: arguments.weightDecay)
    settings = RunSettings(
      arguments,
      RunSettings.Resolved(
        dataFingerprint: training.fingerprint, tokenizerFingerprint: tokenizer.fingerprint,
        modelConfiguration: configuration?.json ?? .null,
        precision: model.parameters.precision.rawValue, stepCount: plan.stepCount,
        learningRate: plan.learningRate, warmupSteps: plan.warmupSteps))
  }

  /// The number of steps of the run.
  var stepCount: Int { plan.stepCount }

  /// The number of steps of one epoch.
  public var stepsPerEpoch: Int { loader.stepsPerEpoch }

  // MARK: - Training

  /// Trains until all steps are made or a signal asks to stop; all ranks must call it.
  ///
  /// - Parameter resumption: whether to go on from a checkpoint in the output folder.
  /// - Returns: how the run ended, the same on every rank.
  /// - Throws: what keeps the run from going on, on every rank; what was saved stays.
  public func train(resumingFrom resumption: Resumption = .nothing) throws -> TrainingOutcome {
    try openFolder(resuming: resumption == .latest)
    try restore(resuming: resumption == .latest)
    let replica = try Replica(
      model, over: world, microBatchesPerStep: arguments.microBatchesPerStep,
      normalization: arguments.lossNormalization, recomputing: arguments.recompute)
    Interruption.watch()
    try notify {
      try $0.trainingBegins(
        TrainingOverview(
          startStep: state.step, stepCount: stepCount, stepsPerEpoch: stepsPerEpoch,
          checkpoint: folder?.resumedFrom))
    }
    var evaluation: Evaluation?
    var interruption: Int32?
    while state.step < stepCount, interruption == nil {
      let epoch = state.step / stepsPerEpoch
      for step in loader.steps(inEpoch: epoch, from: state.step % stepsPerEpoch) {
        profile?.stepBegins()
        interruption = try Profiler.shared.phase("step") { try perform(step, on: replica) }
        profile?.stepEnded(isLast: state.step == stepCount || interruption != nil)
        guard interruption == nil else { break }
        if isEvaluationDue {
          evaluation = try Profiler.shared.phase("evaluation") { try evaluate() }
        }
        if state.step == stepCount { break }
        if arguments.saveEvery > 0, state.step.isMultiple(of: arguments.saveEvery) {
          try Profiler.shared.phase("checkpoint") { try save() }
        }
      }
    }
    try save(isLast: true)
    let outcome = TrainingOutcome(
      step: state.step, stepCount: stepCount, evaluation: evaluation, interruption: interruption)
    try notify { try $0.trainingEnds(outcome) }
    return outcome
  }

  /// Makes one optimizer step.
  ///
  /// - Returns: the signal that asks any of the ranks to stop.
  private func perform(_ step: TrainingStep, on replica: Replica) throws -> Int32? {
    world.phase = "training, step \(state.step + 1)"
    try replica.begin(step)
    var batches = step.microBatches.makeIterator()
    while let batch = Profiler.shared.phase("waiting for data", { batches.next() }) {
      let outputs = Profiler.shared.phase("forward") { replica(batch) }
      try Profiler.shared.phase("backward") { try outputs.backward() }
    }
    let learningRate = plan.schedule.learningRate(atStep: state.step)
    let result: StepResult
    do {
      result = try Profiler.shared.phase("update") {
        try replica.update(
          optimizer, learningRate: learningRate, clipNorm: arguments.clipNorm,
          signal: Interruption.word)
      }
    } catch let error as NotFinite {
      throw TrainingDiverged(
        step: state.step, loss: error.result.loss, gradientNorm: error.result.gradientNorm,
        savedStep: savedStep, isReportedHere: world.isRoot)
    }
    if state.step == 0, !replica.unreachedParameters.isEmpty {
      let names = replica.unreachedParameters.joined(separator: ", ")
      try notify { try $0.noted("the loss does not depend on \(names)") }
    }
    state.step += 1
    state.tokenCount += step.globalTokenCount
    state.losses.add(result.loss)
    let metrics = StepMetrics(
      step: state.step, stepCount: stepCount, epoch: epoch, loss: result.loss,
      averageLoss: state.losses.mean, learningRate: learningRate,
      gradientNorm: result.gradientNorm, tokenCount: step.globalTokenCount,
      totalTokenCount: state.tokenCount, maskedCount: step.globalMaskedCount)
    try notify { try $0.stepEnded(metrics) }
    if state.step.isMultiple(of: arguments.logEvery) { state.losses.restart() }
    return Interruption.signal(ofWord: result.signal)
  }

  private var epoch: Double { Double(state.step) / Double(stepsPerEpoch) }

  // MARK: - Evaluation

  private var isEvaluationDue: Bool {
    guard evaluationLoader != nil else { return false }
    if state.step == stepCount { return true }
    return switch arguments.evaluateEvery {
    case nil: state.step.isMultiple(of: stepsPerEpoch)
    case 0?: false
    case let interval?: state.step.isMultiple(of: interval)
    }
  }

  /// Evaluates the model on rank 0 while the others wait; all ranks must call it.
  ///
  /// - Returns: the evaluation, the same on every rank; nil if there is nothing to evaluate on.
  /// - Throws: what a callback throws, on every rank, or `CollectiveError`.
  @discardableResult
  public func evaluate() throws -> Evaluation? {
    guard let evaluationLoader else { return nil }
    world.phase = "evaluation after step \(state.step)"
    let evaluation = try world.onRoot("evaluation") { heartbeat in
      try notify { try $0.evaluationBegins(sampleCount: evaluationLoader.plan.sampleCount) }
      let evaluation = try Evaluation(
        of: model, on: evaluationLoader, baseline: unigramBaseline()
      ) { sample in
        try heartbeat.beat()
        try notify { try $0.evaluationAdvanced(toSample: sample) }
      }
      try notify { try $0.evaluated(evaluation, after: state.step, epoch: epoch) }
      return evaluation
    }
    return Evaluation(bytes: try world.broadcast(evaluation?.bytes, from: 0))
  }

  private func unigramBaseline() throws -> UnigramBaseline {
    if let baseline { return baseline }
    let made = try UnigramBaseline(training: training, tokenizer: tokenizer)
    baseline = made
    return made
  }

  /// Calls the callbacks of rank 0.
  func notify(_ body: (any TrainingCallback) throws -> Void) throws {
    guard world.isRoot else { return }
    for callback in callbacks { try body(callback) }
  }
}
