import Glibc

/// What can be done to one path that is not a folder.
package enum File {
  /// What a path leads to, links followed.
  package enum Kind: Sendable, Equatable {
    case regularFile(byteCount: UInt64)
    case folder
    case other
  }

  /// The largest file that is read as a whole unless the caller says otherwise, in bytes.
  package static let defaultLimit = 2 << 30

  /// Returns what a path leads to, nil if it does not exist.
  ///
  /// - Throws: `FileError.system` if the path cannot be examined.
  package static func kind(of path: String) throws -> Kind? {
    var status = stat()
    do {
      try retrying(.examine, path) { stat(path, &status) }
    } catch let error as FileError where error.number == ENOENT || error.number == ENOTDIR {
      return nil
    }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .regularFile(byteCount: UInt64(clamping: status.st_size))
    case S_IFDIR: .folder
    default: .other
    }
  }

  /// Whether a path leads to anything.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Returns the size of a regular file in bytes.
  ///
  /// - Throws: `FileError` if it does not exist or is no regular file.
  package static func size(of path: String) throws -> UInt64 {
    switch try kind(of: path) {
    case .regularFile(let byteCount): return byteCount
    case nil: throw FileError.system(.examine, path: path, number: ENOENT)
    default: throw FileError.notARegularFile(path: path)
    }
  }

  /// Whether only its owner may read a file.
  ///
  /// - Throws: `FileError.system`.
  package static func isPrivate(_ path: String) throws -> Bool {
    var status = stat()
    try retrying(.examine, path) { stat(path, &status) }
    return status.st_mode & 0o077 == 0
  }

  /// Reads all bytes of a regular file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes to take, so that a wrong file cannot exhaust the memory.
  /// - Returns: The bytes.
  /// - Throws: `FileError`, `.tooLarge` beyond the limit.
  package static func read(_ path: String, limit: Int = defaultLimit) throws -> [UInt8] {
    let file = try InputFile(path)
    guard file.byteCount <= UInt64(limit) else {
      throw FileError.tooLarge(path: path, byteCount: file.byteCount, limit: UInt64(limit))
    }
    // The files of /proc say that they are empty, and a log may grow while it is read.
    var bytes = try file.read(upTo: Int(file.byteCount) + 1, at: 0)
    while bytes.count > Int(file.byteCount) {
      guard bytes.count <= limit else {
        throw FileError.tooLarge(path: path, byteCount: UInt64(bytes.count), limit: UInt64(limit))
      }
      let more = try file.read(upTo: 1 << 16, at: UInt64(bytes.count))
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// Writes a new file, or anew a file that exists, without waiting for the disk.
  ///
  /// - Throws: `FileError.system`.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = try Descriptor(.create, path, flags: O_WRONLY | O_CREAT | O_TRUNC)
    try bytes.withUnsafeBytes { try descriptor.write($0) }
    try descriptor.close()
  }

  /// Gives a file or folder another name; a file that has that name is replaced.
  ///
  /// - Throws: `FileError.system`.
  package static func rename(_ path: String, to newPath: String) throws {
    try retrying(.rename, path) { Glibc.rename(path, newPath) }
  }

  /// Gives a file a second name on the same file system.
  ///
  /// - Throws: `FileError.system`, with EEXIST if the name is taken.
  package static func link(_ path: String, to newPath: String) throws {
    try retrying(.link, newPath) { Glibc.link(path, newPath) }
  }

  /// Copies a regular file to a path that does not exist yet, and waits for the disk.
  ///
  /// - Throws: `FileError`; nothing is left at the new path then.
  package static func copy(_ path: String, to newPath: String) throws {
    let source = try InputFile(path)
    let writer = try DurableWriter(creating: newPath)
    let count = try source.forEachPiece { try writer.write($0) }
    guard count >= source.byteCount else {
      throw FileError.endsEarly(path: path, byteCount: count, expected: source.byteCount)
    }
    try writer.commit()
  }

  /// Removes a file or a link.
  ///
  /// - Throws: `FileError.system`.
  package static func remove(_ path: String) throws {
    try retrying(.remove, path) { unlink(path) }
  }
}
