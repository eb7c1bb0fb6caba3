package import Files

/// The checkpoints of a run, each in a folder named after its step.
///
/// The store holds the run's directory, so that no other process can open it meanwhile.
package final class CheckpointStore {
  /// The folder that holds the checkpoints' folders.
  package let folder: String
  /// How many checkpoints are kept.
  package let keptCount: Int

  private let directory: RunDirectory

  /// Opens the store, creating its folder if there is none, and removes what a process that was killed has
  /// left behind.
  ///
  /// - Parameters:
  ///   - directory: The run's directory.
  ///   - keptCount: How many checkpoints to keep.
  /// - Precondition: `keptCount` is at least 1.
  /// - Throws: `FileError`.
  package init(in directory: RunDirectory, keptCount: Int) throws {
    precondition(keptCount >= 1, "a store keeps at least one checkpoint, not \(keptCount)")
    self.directory = directory
    self.keptCount = keptCount
    folder = directory.checkpointsPath
    try Folder.create(folder, withParents: true)
    try Folder.removeLeftovers(in: folder)
  }

  /// The steps of all checkpoints that are there, valid or not, ascending.
  ///
  /// - Throws: `FileError`.
  package func steps() throws -> [Int] {
    try Folder.list(folder).compactMap(Self.step(ofName:)).sorted()
  }

  // MARK: - Saving

  /// Saves a checkpoint, reads it back once, and removes those that are too many.
  ///
  /// - Parameters:
  ///   - step: The step after which it is saved.
  ///   - pieces: The files: their names, and what writes their bytes into a sink.
  ///   - state: What belongs to the checkpoint beside its files.
  ///   - beat: Called at least every 8 MiB, to tell others that the work goes on.
  /// - Returns: The checkpoint.
  /// - Throws: `CheckpointError` if it is not saved, those before it being untouched; what the pieces or
  ///   the beat throw.
  package func save(
    step: Int, pieces: [(name: String, write: (any ByteSink) throws -> Void)], state: JSON,
    beat: @escaping () throws -> Void = {}
  ) throws -> Checkpoint {
    let before = try steps().last { $0 < step }
    let checkpoint: Checkpoint
    do {
      let writer = try CheckpointWriter(
        step: step, name: Self.name(ofStep: step), in: folder, beat: beat)
      for piece in pieces { try writer.add(piece.name, piece.write) }
      checkpoint = try writer.commit(state: state)
    } catch let reason as FileError {
      throw CheckpointError.notSaved(
        folder: "\(folder)/\(Self.name(ofStep: step))", lastStep: before, reason: reason)
    }
    let damage = try verify(checkpoint, fromDisk: true, beat: beat)
    guard damage.isEmpty else {
      try discard(step: step)
      throw CheckpointError.notAsWritten(damage)
    }
    do {
      try prune(upTo: step)
    } catch let reason as FileError {
      throw CheckpointError.notPruned(folder: folder, savedStep: step, reason: reason)
    }
    return checkpoint
  }

  /// Removes all but the newest checkpoints, and those of later steps: the run has gone back before them
  /// and makes them anew.
  private func prune(upTo step: Int) throws {
    let steps = try steps()
    let kept = steps.filter { $0 <= step }.suffix(keptCount)
    for step in steps where !kept.contains(step) { try discard(step: step) }
  }

  private func discard(step: Int) throws {
    let name = Self.name(ofStep: step)
    let trash = "\(folder)/\(File.temporaryName(for: name, prefix: File.trashPrefix))"
    try File.rename("\(folder)/\(name)", to: trash)
    try Folder.synchronize(folder)
    try Folder.removeTree(trash)
  }

  // MARK: - Resuming

  /// Finds the newest checkpoint whose every file is what its manifest says.
  ///
  /// - Parameter beat: Called at least every 8 MiB, to tell others that the work goes on.
  /// - Returns: The checkpoint, nil if there are none at all; and what is wrong with newer ones.
  /// - Throws: `CheckpointError.allDamaged` if there are some and none is valid, `.newerFormat`;
  ///   `FileError` if the system keeps us from reading.
  package func newestValid(
    beat: () throws -> Void = {}
  ) throws -> (checkpoint: Checkpoint?, damage: [CheckpointDamage]) {
    var damage: [CheckpointDamage] = []
    for step in try steps().reversed() {
      let path = "\(folder)/\(Self.name(ofStep: step))"
      switch try CheckpointManifest.read(path) {
      case .success(let checkpoint) where checkpoint.step != step:
        damage.append(
          CheckpointDamage(
            step: step, folder: path, file: CheckpointManifest.fileName, expected: "step \(step)",
            found: "step \(checkpoint.step)"))
      case .success(let checkpoint):
        let found = try verify(checkpoint, fromDisk: false, beat: beat)
        if found.isEmpty { return (checkpoint, damage) }
        damage += found
      case .failure(let failure):
        damage.append(
          CheckpointDamage(
            step: step, folder: path, file: CheckpointManifest.fileName,
            expected: failure.expected, found: failure.found))
      }
    }
    guard damage.isEmpty else { throw CheckpointError.allDamaged(folder: folder, damage) }
    return (nil, [])
  }

  private func verify(
    _ checkpoint: Checkpoint, fromDisk: Bool, beat: () throws -> Void
  ) throws -> [CheckpointDamage] {
    try checkpoint.pieces.compactMap { piece in
      let path = checkpoint.path(of: piece.name)
      var found: String
      do {
        let byteCount = try File.size(of: path)
        if byteCount == piece.byteCount {
          found = try SHA256.digest(ofFile: path, fromDisk: fromDisk, beat: beat).hex
        } else {
          found = "\(byteCount) bytes instead of \(piece.byteCount)"
        }
      } catch let error as FileError where error.isAboutTheFileItself {
        found = "\(error)"
      }
      guard found != piece.sha256 else { return nil }
      return CheckpointDamage(
        step: checkpoint.step, folder: checkpoint.folder, file: piece.name, expected: piece.sha256,
        found: found)
    }
  }

  // MARK: - Names

  /// The name of the folder of a step.
  package static func name(ofStep step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  private static func step(ofName name: String) -> Int? {
    guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0 else { return nil }
    return self.name(ofStep: step) == name ? step : nil
  }
}
