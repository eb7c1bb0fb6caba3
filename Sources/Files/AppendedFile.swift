import Glibc

/// A file that grows by whole pieces at its end.
package final class AppendedFile {
  /// The file's path.
  package let path: String
  private let descriptor: Descriptor
  /// Where the last whole piece ends, if part of another one may follow that could not be cut off.
  private var end: off_t?

  /// Opens a file, creating it if there is none.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - followingLinks: Whether the path may be a link to it.
  /// - Throws: `FileError.system`.
  package init(_ path: String, followingLinks: Bool = true) throws {
    self.path = path
    descriptor = try Descriptor(
      .create, path,
      flags: O_WRONLY | O_CREAT | O_APPEND | (followingLinks ? 0 : O_NOFOLLOW | O_NONBLOCK))
  }

  /// Adds bytes at the end: all of them, or none if there is no room.
  ///
  /// - Throws: `FileError.system`.
  package func append(_ bytes: [UInt8]) throws {
    try cutTornPiece()
    let size = try descriptor.status().st_size
    do {
      try bytes.withUnsafeBytes { try descriptor.write($0) }
    } catch {
      // Part of the piece may be there; without a whole one the file ends where it did.
      end = size
      try? cutTornPiece()
      throw error
    }
  }

  private func cutTornPiece() throws {
    guard let end else { return }
    try retrying(.truncate, path) { ftruncate(descriptor.number, end) }
    self.end = nil
  }

  /// Waits until what was added is on the disk.
  ///
  /// - Throws: `FileError.system`.
  package func synchronize() throws { try descriptor.synchronize() }
}
