import Glibc

/// A file that grows by whole pieces at its end.
package final class AppendedFile {
  /// The file's path.
  package let path: String
  private let descriptor: Descriptor

  /// Opens a file, creating it if there is none.
  ///
  /// - Throws: `FileError.system`.
  package init(_ path: String) throws {
    self.path = path
    descriptor = try Descriptor(.create, path, flags: O_WRONLY | O_CREAT | O_APPEND)
  }

  /// Adds bytes at the end: all of them, or none if there is no room.
  ///
  /// - Throws: `FileError.system`.
  package func append(_ bytes: [UInt8]) throws {
    let size = try descriptor.status().st_size
    do {
      try bytes.withUnsafeBytes { try descriptor.write($0) }
    } catch {
      // Part of the piece may be there; without a whole one the file ends where it did.
      _ = ftruncate(descriptor.number, size)
      throw error
    }
  }

  /// Waits until what was added is on the disk.
  ///
  /// - Throws: `FileError.system`.
  package func synchronize() throws { try descriptor.synchronize() }
}
