public import Collectives
import Datasets
import Diagnostics
import Files
import Glibc
import Kernels
import Models
import Randomness
import Tensors
public import Tokenizers

/// What `lockstep train` does, from text to a finished model.
public final class TrainRun {
  /// The trainer with everything that was prepared for it.
  public let trainer: Trainer
  /// What made tokens of the text.
  public let tokenizer: Tokenizer
  private let console: Console
  private let threadCount: Int
  private let continuation: String

  /// Prepares a run; all ranks must call it with the same arguments.
  ///
  /// - Parameters:
  ///   - arguments: what to train on and how.
  ///   - world: the ranks.
  ///   - console: where to tell about it; only rank 0's is used.
  ///   - purpose: what the output folder's record says about the run.
  ///   - continuation: what the user is told to do after an interruption.
  /// - Throws: whatever is wrong with arguments, files or ranks, on every rank.
  public convenience init(
    _ arguments: TrainingArguments, on world: any Communicator, console: Console,
    purpose: String = "train",
    continuation: String = "go on with the same command and --resume"
  ) throws {
    let texts = try PreparedRun.texts(arguments, on: world)
    try self.init(
      arguments, texts, on: world, console: console, purpose: purpose, continuation: continuation)
  }

  /// Prepares a run on texts that are at hand; all ranks must call it with the same ones.
  init(
    _ arguments: TrainingArguments, _ texts: TextDataset, on world: any Communicator,
    console: Console, purpose: String, continuation: String
  ) throws {
    self.console = console
    self.continuation = continuation
    let run = try PreparedRun(arguments, texts, on: world, console: console, purpose: purpose)
    try world.together("forecast of the memory") { try run.memory.require() }
    (tokenizer, threadCount) = (run.tokenizer, run.threadCount)
    // Rank 0's weights win, and those of a checkpoint replace them.
    let isFresh = world.isRoot && run.folder?.checkpoint == nil
    let model = ModelRegistry.make(
      run.configuration,
      key: isFresh && run.pretrained == nil
        ? RandomKey(seed: arguments.seed).derived("model") : nil)
    model.parameters.precision = run.precision
    if let pretrained = run.pretrained {
      world.phase = "loading of the weights"
      try world.onRoot("loading of the weights") { heartbeat in
        guard isFresh else { return }
        let notes: [String]
        do {
          notes = try ModelFiles.loadWeights(
            into: model, folder: pretrained.path,
            completing: RandomKey(seed: arguments.seed).derived("model"), beat: heartbeat.beat)
        } catch let error as ModelError {
          throw error.naming(overrides: arguments.configOverrides)
        }
        console.show("weights: from \(pretrained.origin ?? pretrained.path)")
        for note in notes { console.show("note: " + note) }
      }
    }
    trainer = try Trainer(
      model: model, tokenizer: tokenizer,
      collator: MaskingCollator(
        tokenizer, probability: arguments.maskProbability, seed: arguments.seed),
      training: run.training, evaluation: run.validation, arguments: arguments, world: world)
    trainer.folder = run.folder
    guard world.isRoot else { return }
    trainer.callbacks.append(ProgressReporter(console: console, logEvery: arguments.logEvery))
    console.show(
      "model: \(run.configuration.type), \(NumberText.counted(run.configuration.layerCount, "layer")) of width "
        + "\(run.configuration.width), \(NumberText.grouped(model.parameters.parameterCount)) parameters"
    )
  }

  /// Trains to the end; all ranks must call it.
  ///
  /// - Returns: how it ended, the same on every rank.
  /// - Throws: what keeps the run from going on, on every rank; what was saved stays.
  public func train() throws -> TrainingOutcome {
    let arguments = trainer.arguments
    let world = trainer.world
    if world.isRoot {
      console.show(
        "run: \(NumberText.counted(trainer.stepCount, "step")) of \(arguments.globalBatchSize) samples"
          + " in \(arguments.microBatchesPerStep) micro-batches, \(world.worldSize) "
          + (world.worldSize == 1 ? "rank" : "ranks") + " of \(threadCount) "
          + (threadCount == 1 ? "thread" : "threads")
          + ", \(trainer.model.parameters.precision.rawValue), \(Platform.description(rounding: trainer.model.parameters.precision == .bfloat16))"
      )
    }
    let start = ContinuousClock.now
    let outcome = try trainer.train(resumingFrom: arguments.resume ? .latest : .nothing)
    try showProfile()
    guard world.isRoot else { return outcome }
    let seconds = NumberText.span(start.duration(to: ContinuousClock.now).inSeconds)
    if let signal = outcome.interruption {
      console.show(
        "note: stopping as asked (\(Interruption.name(of: signal))) after \(seconds): step "
          + "\(outcome.step) of \(outcome.stepCount) is saved: \(continuation)")
    } else {
      console.show(
        "done: \(NumberText.counted(outcome.stepCount, "step")) in \(seconds), \(NumberText.megabytes(ProcessMemory.peakBytes))"
          + " of memory at most on rank 0: the model is in \(modelPath)")
    }
    return outcome
  }

  /// Writes what was recorded of the steps, and shows rank 0's.
  private func showProfile() throws {
    guard let profile = trainer.profile else { return }
    let world = trainer.world
    profile.end()
    let folder = trainer.arguments.output + "/profile"
    // All at once, as in a step: ranks share the memory's rate, and the heat.
    try world.barrier("measuring the ceilings")
    let ceilings = StepProfile.Ceilings.measure(
      rounded: trainer.model.parameters.precision == .bfloat16)
    try world.together("writing of the profile") {
      try profile.write(to: folder, rank: world.rank, ceilings)
    }
    guard world.isRoot else { return }
    for line in profile.table(ceilings) { console.show(line) }
    console.show("profile: \(folder)/trace.json opens in Perfetto and in chrome://tracing")
  }

  /// Where the finished model lies.
  public var modelPath: String { trainer.arguments.output + "/model" }
}
