import Files

/// Writes one checkpoint: file by file into a folder that nobody sees, then all at once under its name.
///
/// Unless `commit` succeeds, nothing of it is left.
final class CheckpointWriter {
  private let folder: String
  private let name: String
  private let temporary: String
  private let step: Int
  private let beat: () throws -> Void
  private var pieces: [Checkpoint.Piece] = []
  private var isCommitted = false

  /// Creates the hidden folder.
  init(step: Int, name: String, in folder: String, beat: @escaping () throws -> Void) throws {
    (self.step, self.name, self.folder, self.beat) = (step, name, folder, beat)
    temporary = "\(folder)/\(File.temporaryName(for: name))"
    try Folder.create(temporary)
  }

  deinit {
    if !isCommitted { try? Folder.removeTree(temporary) }
  }

  /// Adds a file and waits until it is on the disk.
  ///
  /// - Parameters:
  ///   - name: Its name in the checkpoint's folder.
  ///   - body: Writes the file's bytes into the sink, from the first to the last.
  /// - Precondition: The name is a plain file name that was not used before.
  /// - Throws: `FileError`, or what `body` or the beat throws; the checkpoint cannot be committed then.
  func add(_ name: String, _ body: (any ByteSink) throws -> Void) throws {
    precondition(CheckpointManifest.isFileName(name), "'\(name)' cannot be a checkpoint's file")
    precondition(!pieces.contains { $0.name == name }, "'\(name)' is added twice to a checkpoint")
    let writer = try DurableWriter(creating: "\(temporary)/\(name)", beat: beat)
    try body(writer)
    let digest = try writer.commit()
    pieces.append(
      Checkpoint.Piece(name: name, byteCount: writer.byteCount, sha256: digest.hex))
    try beat()
  }

  /// Gives the checkpoint its name: it is there as a whole and survives a power failure afterwards.
  ///
  /// - Parameter state: What belongs to the checkpoint beside its files.
  /// - Returns: The checkpoint.
  /// - Throws: `FileError`; nothing is left of the checkpoint then unless only the last flush failed.
  func commit(state: JSON) throws -> Checkpoint {
    let (manifest, digest) = CheckpointManifest.write(step: step, pieces: pieces, state: state)
    let writer = try DurableWriter(creating: "\(temporary)/\(CheckpointManifest.fileName)")
    try writer.write(manifest)
    try writer.commit()
    try Folder.synchronize(temporary)
    let path = "\(folder)/\(name)"
    let displaced = try File.replace(path, with: temporary)
    isCommitted = true
    try Folder.synchronize(folder)
    if let displaced { try? Folder.removeTree(displaced) }
    return Checkpoint(step: step, folder: path, pieces: pieces, state: state, digest: digest)
  }
}
