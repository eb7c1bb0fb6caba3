import Glibc

/// A file that one process at a time holds, on every machine that sees the file system.
///
/// The system lets go of it when its holder ends, however it ends.
package final class FileLock {
  /// The file's path.
  package let path: String
  /// Whether the file system really keeps others out; some network ones cannot.
  package let isExclusive: Bool
  private let descriptor: Descriptor

  /// Takes the lock, creating its file if there is none.
  ///
  /// - Returns: The lock, nil if somebody holds it.
  /// - Throws: `FileError.system` if the file cannot be created.
  package static func acquire(_ path: String) throws -> FileLock? {
    while true {
      let descriptor = try Descriptor(.create, path, flags: O_RDWR | O_CREAT | O_NOFOLLOW)
      var isExclusive = true
      do {
        try retrying(.lock, path) { flock(descriptor.number, LOCK_EX | LOCK_NB) }
      } catch let error as FileError where error.number == EWOULDBLOCK {
        return nil
      } catch let error as FileError
        where [ENOSYS, ENOLCK, EOPNOTSUPP].contains(error.number)
      {
        isExclusive = false
      }
      // Whoever held the lock until now may have removed the file between our opening and locking it.
      if try names(path, descriptor) {
        return FileLock(path: path, isExclusive: isExclusive, descriptor: descriptor)
      }
    }
  }

  private init(path: String, isExclusive: Bool, descriptor: Descriptor) {
    (self.path, self.isExclusive, self.descriptor) = (path, isExclusive, descriptor)
  }

  deinit {
    if (try? Self.names(path, descriptor)) == true { try? File.remove(path) }
  }

  /// Replaces what the file says.
  ///
  /// - Throws: `FileError.system`.
  package func write(_ bytes: [UInt8]) throws {
    try retrying(.write, path) { ftruncate(descriptor.number, 0) }
    try retrying(.write, path) { lseek(descriptor.number, 0, SEEK_SET) }
    try bytes.withUnsafeBytes { try descriptor.write($0) }
  }

  private static func names(_ path: String, _ descriptor: Descriptor) throws -> Bool {
    let opened = try descriptor.status()
    var named = stat()
    guard stat(path, &named) == 0 else { return false }
    return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }
}
