import Glibc

/// Writes a new file from beginning to end, hashes it on the way, and reports success only when the bytes
/// are on the disk.
///
/// Unless `commit` succeeds, the file is removed again.
package final class DurableWriter: ByteSink {
  /// The new file's path.
  package let path: String
  /// How many bytes were written so far.
  package private(set) var byteCount: UInt64 = 0

  private enum State { case writing, failed, committed }

  private let descriptor: Descriptor
  private let sum = SHA256()
  private let beat: () throws -> Void
  private var state = State.writing
  private var bytesSinceBeat = 0

  /// Hashing and writing a piece that stays in the cache costs one pass over memory instead of two.
  private static let pieceBytes = 1 << 20
  private static let beatBytes = 8 << 20

  /// Creates the file.
  ///
  /// - Parameters:
  ///   - path: Where it shall be; nothing may be there yet, not even a link.
  ///   - beat: Called between pieces of at most 8 MiB, to tell others that the work goes on.
  /// - Throws: `FileError.system`.
  package init(creating path: String, beat: @escaping () throws -> Void = {}) throws {
    self.path = path
    self.beat = beat
    descriptor = try Descriptor(
      .create, path, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
  }

  deinit {
    if state != .committed { try? File.remove(path) }
  }

  /// Adds bytes to the file.
  ///
  /// - Precondition: Nothing has failed and the file is not committed.
  /// - Throws: `FileError.system`, or what `beat` throws; the file cannot be used any more then.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    precondition(state == .writing, "a file is written after it was committed or failed")
    state = .failed
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceBytes))
      sum.update(piece)
      try descriptor.write(piece)
      byteCount += UInt64(piece.count)
      bytesSinceBeat += piece.count
      rest = rest.dropFirst(piece.count)
      if bytesSinceBeat >= Self.beatBytes {
        bytesSinceBeat = 0
        try beat()
      }
    }
    state = .writing
  }

  /// Waits until the bytes are on the disk and closes the file.
  ///
  /// - Precondition: Nothing has failed and the file is not committed.
  /// - Returns: The digest of what was written.
  /// - Throws: `FileError.system`; the file is removed then and never tried again, because the system
  ///   forgets after a failure which bytes it still owes the disk.
  @discardableResult
  package func commit() throws -> SHA256.Digest {
    precondition(state == .writing, "a file is committed twice or after a failure")
    state = .failed
    try descriptor.synchronize()
    try descriptor.close()
    state = .committed
    return sum.finish()
  }
}
