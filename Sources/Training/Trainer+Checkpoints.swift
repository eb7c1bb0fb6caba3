import Checkpoints
import Collectives
import Diagnostics
import Files
import Kernels
import Models
import Optimizers
import Tensors

/// Where a run begins.
public enum Resumption: Sendable {
  /// At its first step; the output folder must not hold a run.
  case nothing
  /// At the newest valid checkpoint in the output folder, or at the first step if there is none.
  case latest
}

extension Trainer {
  private var files: TrainingFiles {
    TrainingFiles(
      model: model, tokenizer: tokenizer, optimizer: optimizer, blockSize: arguments.blockSize,
      maximumShardBytes: arguments.maxShardSize)
  }

  /// Takes possession of the output folder on rank 0, unless that is done, and compares settings.
  func openFolder(resuming: Bool) throws {
    world.phase = "opening of the run's folder"
    try world.requireEqual(
      settings.texts + [
        ("--resume", "\(resuming)"), ("--save-every", "\(arguments.saveEvery)"),
        ("--evaluate-every", arguments.evaluateEvery.map { "\($0)" } ?? "epoch"),
      ])
    try world.onRoot("opening of the run's folder") { heartbeat in
      let folder =
        try self.folder
        ?? RunFolder(
          arguments.output, resuming: resuming, keep: arguments.keep, beat: heartbeat.beat)
      self.folder = folder
      try folder.claim(for: settings)
    }
  }

  /// Puts the state of the checkpoint to go on from, if there is one, into every rank; weights and
  /// moments into rank 0, from which the replica and its first update give them to the others.
  func restore(resuming isResuming: Bool) throws {
    world.phase = "loading of the checkpoint"
    let saved = try world.onRoot("loading of the checkpoint") { heartbeat -> [UInt8] in
      guard let folder else { return [] }
      for damage in folder.damage {
        try notify { try $0.noted("checkpoint of step \(damage.step) is damaged: \(damage)") }
      }
      var bytes: [UInt8] = []
      if let checkpoint = folder.checkpoint {
        try files.restore(from: checkpoint, beat: heartbeat.beat)
        // The run may have been killed between saving and publishing.
        try folder.publish(checkpoint, files)
        bytes = checkpoint.state.serialized()
        try notePlatform(of: checkpoint)
      }
      try callbacks.append(
        MetricsLog(
          path: folder.metricsPath, keepingThrough: folder.checkpoint?.step ?? 0,
          logEvery: arguments.logEvery
        ) { [unowned self] note in try notify { try $0.noted(note) } })
      if isResuming, folder.checkpoint == nil {
        try notify {
          try $0.noted("nothing to resume in \(arguments.output): a new run begins")
        }
      }
      return bytes
    }
    let bytes = try world.broadcast(saved, from: 0)
    guard !bytes.isEmpty else { return }
    state = try RunState(JSONCursor(JSON.parse(bytes, file: "checkpoint"), file: "checkpoint"))
    savedStep = state.step
  }

  /// Saves a checkpoint on rank 0 while the others wait.
  ///
  /// A save that fails is told and training goes on, unless it is the third in a row or the last one
  /// of the run.
  func save(isLast: Bool = false) throws {
    guard savedStep != state.step else { return }
    world.phase = "saving of step \(state.step)"
    let saved = try world.onRoot("saving of a checkpoint") { heartbeat -> [UInt8] in
      guard let folder else { return [1] }
      let path: String
      do {
        path = try folder.save(
          files, state, platform: arithmetic, settings: settings,
          beat: heartbeat.beat)
      } catch let error as any Diagnostic where error is CheckpointError || error is FileError {
        try noteFailedSave(error, isLast: isLast)
        return [0]
      }
      failedSaveCount = 0
      try notify { try $0.checkpointed(to: path, after: state.step) }
      return [1]
    }
    if try world.broadcast(saved, from: 0) == [1] { savedStep = state.step }
  }

  private func noteFailedSave(_ error: any Diagnostic, isLast: Bool) throws {
    failedSaveCount += 1
    if isLast { throw error }
    guard failedSaveCount < SavingFailed.limit else { throw SavingFailed(lastReason: "\(error)") }
    try notify {
      try $0.noted(
        "\(error): training goes on (failure \(failedSaveCount) in a row, "
          + "\(SavingFailed.limit) end it)")
    }
  }

  /// What the bits of this run depend on besides its settings.
  private var arithmetic: String {
    Platform.arithmetic(rounding: model.parameters.precision == .bfloat16)
  }

  private func notePlatform(of checkpoint: Checkpoint) throws {
    guard let saved = checkpoint.state["platform"]?.text, saved != arithmetic else {
      return
    }
    try notify {
      try $0.noted(
        "the processor's arithmetic changed since step \(checkpoint.step) (\(saved) -> \(arithmetic)): "
          + "results are correct but not bit-identical to the first machine's")
    }
  }
}
