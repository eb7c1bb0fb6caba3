package import Files

/// The folder that a run writes to, held by this process alone for as long as this object lives.
///
/// It holds `run.json`, which says whose run it is, `checkpoints/`, `model/`, `metrics.jsonl` and `lock`.
package final class RunDirectory {
  /// The folder's path.
  package let path: String
  /// What `run.json` said when the folder was opened, nil if this is a new run.
  package let record: JSON?

  /// The folder of the checkpoints.
  package var checkpointsPath: String { "\(path)/checkpoints" }
  /// The folder of the newest checkpoint's files that make a model.
  package var modelPath: String { "\(path)/model" }
  /// The file of the metrics.
  package var metricsPath: String { "\(path)/metrics.jsonl" }
  private static let recordName = "run.json"

  private let lock: FileLock

  /// Opens the folder, creating it if there is none, and makes sure before any work is done that files can
  /// be written in it.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - resuming: Whether a run that is there is to be continued; there need not be one.
  /// - Throws: `FileError` if the folder is a file or cannot be written; `RunDirectoryError` if another
  ///   run or process has it, or `model/` is of no run; `JSONError` if `run.json` is damaged.
  package init(_ path: String, resuming: Bool) throws {
    self.path = path
    // Before anything is written; what is wrong with the folder itself is found out below.
    if let foreign = try? Self.foreignModel(in: path) {
      throw RunDirectoryError.holdsAnotherModel(path: foreign)
    }
    try Folder.create(path, withParents: true)
    lock = try Self.lock(path)
    try Self.probe(path)
    let recordPath = "\(path)/\(Self.recordName)"
    record = try File.kind(of: recordPath) == nil ? nil : try JSON.read(recordPath)
    if !resuming, let found = try Self.traceOfARun(path) {
      throw RunDirectoryError.holdsAnotherRun(path: path, because: found)
    }
    try Folder.removeLeftovers(in: path)
  }

  /// Says whose run this is; the folder is recognised by it from now on.
  ///
  /// - Parameter record: What the run shall be recognised by, such as its settings.
  /// - Throws: `FileError`.
  package func write(_ record: JSON) throws {
    try File.replaceDurably(
      "\(path)/\(Self.recordName)", with: record.serialized(pretty: true) + [0x0A])
  }

  /// Fills `model/` with some of a checkpoint's files, by links where the file system has them.
  ///
  /// Who reads the folder meanwhile sees the old one or the new one.
  ///
  /// - Parameters:
  ///   - checkpoint: A checkpoint of this run.
  ///   - names: The names of its files that make a model.
  /// - Throws: `FileError`; what was in `model/` is untouched then.
  package func publish(_ checkpoint: Checkpoint, names: [String]) throws {
    let temporary = "\(path)/\(File.temporaryName(for: "model"))"
    try Folder.create(temporary)
    do {
      for name in names {
        try File.linkOrCopy(checkpoint.path(of: name), to: "\(temporary)/\(name)")
      }
      try Folder.synchronize(temporary)
      let displaced = try File.replace(modelPath, with: temporary)
      try Folder.synchronize(path)
      if let displaced { try Folder.removeAny(displaced) }
    } catch {
      try? Folder.removeTree(temporary)
      throw error
    }
  }

  // MARK: - Opening

  private static func lock(_ path: String) throws -> FileLock {
    let lockPath = "\(path)/lock"
    let holder = { ProcessIdentity((try? JSON.read(lockPath)) ?? .null) }
    guard let lock = try FileLock.acquire(lockPath) else {
      throw RunDirectoryError.inUse(path: path, by: holder()?.description ?? "another process")
    }
    // Where the file system cannot lock, what the file says has to do.
    if !lock.isExclusive, let holder = holder(), holder.mayBeAlive {
      throw RunDirectoryError.inUse(
        path: path, by: "\(holder) (if it has ended, remove \(lockPath))")
    }
    try lock.write(ProcessIdentity.current.json.serialized(pretty: true) + [0x0A])
    return lock
  }

  /// Does once what saving a checkpoint will do.
  private static func probe(_ path: String) throws {
    let first = "\(path)/\(File.temporaryName(for: "probe"))"
    let second = "\(path)/\(File.temporaryName(for: "probe"))"
    let writer = try DurableWriter(creating: first)
    try writer.write(Array("probe".utf8))
    try writer.commit()
    try File.rename(first, to: second)
    try File.remove(second)
    try Folder.synchronize(path)
  }

  /// What lies in place of the model although the folder has no run that could have made it.
  private static func foreignModel(in path: String) throws -> String? {
    let model = "\(path)/model"
    guard try File.kind(of: model) != nil || File.isLink(model), try traceOfARun(path) == nil else {
      return nil
    }
    return model
  }

  private static func traceOfARun(_ path: String) throws -> String? {
    if try File.kind(of: "\(path)/\(recordName)") != nil { return recordName }
    let checkpoints = "\(path)/checkpoints"
    guard Folder.exists(checkpoints) else { return nil }
    return try Folder.list(checkpoints).first { $0.hasPrefix("step-") }.map { "checkpoints/\($0)" }
  }
}
