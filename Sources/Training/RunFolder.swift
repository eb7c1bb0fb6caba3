import Checkpoints
import Files
import Tensors

/// The output folder of a run, as rank 0 holds it.
package final class RunFolder {
  /// What was found when a run was to be resumed: the newest valid checkpoint, if any.
  let checkpoint: Checkpoint?
  /// What is wrong with newer checkpoints.
  let damage: [CheckpointDamage]
  /// What the record of a new run says about the weights that it begins with.
  var origin: String?
  private let purpose: String
  private let directory: RunDirectory
  private let store: CheckpointStore

  /// Takes possession of the folder and looks for a checkpoint to go on from.
  ///
  /// - Parameters:
  ///   - path: the folder, which is created if need be.
  ///   - purpose: what the record of a new run says about it.
  ///   - resuming: whether a run that is there may be continued.
  ///   - keep: how many checkpoints are kept.
  ///   - beat: called while files are checked, to tell others that the work goes on.
  /// - Throws: `FileError`, `RunDirectoryError` or `CheckpointError`.
  package init(
    _ path: String, purpose: String = "train", resuming: Bool, keep: Int,
    beat: () throws -> Void = {}
  ) throws {
    self.purpose = purpose
    directory = try RunDirectory(path, resuming: resuming)
    store = try CheckpointStore(in: directory, keptCount: keep)
    (checkpoint, damage) = resuming ? try store.newestValid(beat: beat) : (nil, [])
  }

  /// Where the metrics are logged.
  var metricsPath: String { directory.metricsPath }

  /// Where the model of the last checkpoint lies.
  package var modelPath: String { directory.modelPath }

  /// The folder of the checkpoint that the run goes on from, if it does.
  var resumedFrom: String? { checkpoint?.folder }

  /// What the run to be resumed was computed in, if that is known.
  var savedPrecision: Precision? {
    directory.record?["settings"]?[RunSettings.precisionName]?.text.flatMap(Precision.init)
  }

  /// Makes sure that the folder's run has the given settings, or names it by them if it is new.
  ///
  /// - Throws: `SettingsDiffer`, or `FileError`.
  func claim(for settings: RunSettings) throws {
    if let record = directory.record, let saved = record["settings"] {
      try settings.requireEqual(to: saved, of: directory.path)
    } else {
      var record: [(String, JSON)] = [
        ("version", JSON(LockstepVersion.current)), ("purpose", JSON(purpose)),
      ]
      if let origin { record.append(("pretrained", JSON(origin))) }
      try directory.write(JSON(record + [("settings", settings.json)]))
    }
  }

  /// Saves a checkpoint and publishes its model.
  ///
  /// - Returns: the checkpoint's folder.
  /// - Throws: `CheckpointError` or `FileError`.
  func save(
    _ files: TrainingFiles, _ state: RunState, platform: String, settings: RunSettings,
    beat: @escaping () throws -> Void
  ) throws -> String {
    let members: [(String, JSON)] =
      state.members + [
        ("version", JSON(LockstepVersion.current)), ("platform", JSON(platform)),
        ("settings", settings.json),
      ]
    let checkpoint = try store.save(
      step: state.step, pieces: files.pieces, state: JSON(members), beat: beat)
    try publish(checkpoint, files)
    return checkpoint.folder
  }

  /// Makes `model/` the model of a checkpoint.
  ///
  /// - Throws: `FileError`.
  func publish(_ checkpoint: Checkpoint, _ files: TrainingFiles) throws {
    try directory.publish(checkpoint, names: files.modelNames)
  }
}
