public import Collectives
import Datasets
import Models
import Tensors

/// What `lockstep train --dry-run` does: prepares a run and tells what would happen.
public struct DryRun {
  private let run: PreparedRun
  private let world: any Communicator
  private let plan: TrainingPlan
  private let batches: BatchPlan

  /// Prepares a run without its output folder; all ranks must call it with the same arguments.
  ///
  /// - Parameters:
  ///   - arguments: what to train on and how.
  ///   - world: the ranks.
  ///   - console: where to tell about the preparation; only rank 0's is used.
  /// - Throws: whatever is wrong with arguments, files or ranks, on every rank.
  public init(
    _ arguments: TrainingArguments, on world: any Communicator, console: Console
  ) throws {
    let texts = try PreparedRun.texts(arguments, on: world)
    let run = try PreparedRun(arguments, texts, on: world, console: console, purpose: nil)
    self.run = run
    self.world = world
    batches = try world.together("look at the batches") {
      try BatchPlan(
        sampleCount: run.training.count, microBatchSize: arguments.microBatchSize,
        globalBatchSize: arguments.globalBatchSize, order: .shuffled(seed: arguments.seed),
        rank: world.rank, worldSize: world.worldSize)
    }
    plan = TrainingPlan(
      arguments, stepsPerEpoch: batches.stepsPerEpoch, width: run.configuration.width)
  }

  /// What would happen, line by line.
  public var lines: [String] {
    let arguments = run.arguments
    let configuration = run.configuration
    let own = arguments.microBatchesPerStep / world.worldSize
    let isEven = arguments.microBatchesPerStep.isMultiple(of: world.worldSize)
    let perRank = isEven ? "\(own)" : "\(own) or \(own + 1)"
    return [
      "model: \(configuration.type), \(NumberText.counted(configuration.layerCount, "layer")) of width "
        + "\(configuration.width), \(NumberText.grouped(configuration.parameterCount)) parameters, "
        + run.precision.rawValue,
      "samples: \(NumberText.grouped(run.training.count)) to train on, "
        + "\(NumberText.grouped(run.validation.count)) to evaluate on",
      "steps: \(NumberText.grouped(plan.stepCount)), \(NumberText.grouped(plan.stepsPerEpoch)) an "
        + "epoch, \(NumberText.fixed(Double(plan.stepCount) / Double(plan.stepsPerEpoch), 2)) epochs",
      "step: \(NumberText.grouped(arguments.globalBatchSize)) samples, up to "
        + "\(NumberText.grouped(arguments.globalBatchSize * arguments.blockSize)) tokens, in "
        + "\(NumberText.counted(arguments.microBatchesPerStep, "micro-batch", plural: "es"))",
      "ranks: \(world.worldSize) of \(NumberText.counted(run.threadCount, "thread")), "
        + "\(world.nodeSize) on this machine, \(perRank) micro-batches each a step",
      "learning rate: from 0 to \(NumberText.scientific(plan.learningRate, 2)) in "
        + "\(NumberText.counted(plan.warmupSteps, "step")), then down to 0 at step "
        + NumberText.grouped(plan.stepCount),
    ] + memoryLines
  }

  private var memoryLines: [String] {
    let forecast = run.memory.forecast
    let rows =
      forecast.terms.map { ($0.name, $0.rankBytes, $0.nodeBytes) }
      + [("together", forecast.rankBytes, forecast.nodeBytes)]
    var lines = [row("memory", "fullest rank", "this machine")]
    for (name, rank, node) in rows {
      lines.append(row("  " + name, NumberText.megabytes(rank), NumberText.megabytes(node)))
    }
    if let offer = run.memory.offer, let bytes = run.memory.offeredBytes {
      lines.append(row("  offered (\(offer.source))", "", NumberText.megabytes(bytes)))
    }
    return lines
  }

  private func row(_ name: String, _ rank: String, _ node: String) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(1, width - text.count)) + text
    }
    return name + padded(rank, 44 - name.count) + padded(node, 16)
  }

  /// Makes sure that the run would fit into the memory of every machine; all ranks must call it.
  ///
  /// - Throws: `MemoryShortage`, on every rank.
  public func requireMemory() throws {
    try world.together("forecast of the memory") { try run.memory.require() }
  }
}
