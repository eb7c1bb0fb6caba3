import Glibc

/// What can be done to folders.
package enum Folder {
  /// Whether a path leads to a folder.
  package static func exists(_ path: String) -> Bool {
    if case .folder = try? File.kind(of: path) { true } else { false }
  }

  /// The folder that a path lies in.
  package static func parent(of path: String) -> String {
    let bytes = Array(path.utf8)
    guard let lastName = bytes.lastIndex(where: { $0 != UInt8(ascii: "/") }) else {
      return bytes.isEmpty ? "." : "/"
    }
    guard let slash = bytes[...lastName].lastIndex(of: UInt8(ascii: "/")) else { return "." }
    guard let end = bytes[...slash].lastIndex(where: { $0 != UInt8(ascii: "/") }) else {
      return "/"
    }
    return String(decoding: bytes[...end], as: UTF8.self)
  }

  /// Creates a folder.
  ///
  /// - Parameters:
  ///   - path: Where it shall be.
  ///   - withParents: Creates what is missing on the way too, makes it durable, and takes a folder that
  ///     exists already.
  /// - Throws: `FileError`, `.notAFolder` if a file stands in the way.
  package static func create(_ path: String, withParents: Bool = false) throws {
    do {
      try retrying(.create, path) { mkdir(path, 0o755) }
      if withParents { try synchronize(parent(of: path)) }
    } catch let error as FileError where withParents && error.number == ENOENT {
      let parent = parent(of: path)
      // Some file systems, such as /proc, say so of what cannot be made in a folder that is there.
      guard parent != path, parent != ".", !exists(parent) else { throw error }
      try create(parent, withParents: true)
      try create(path, withParents: true)
    } catch let error as FileError where withParents && error.number == EEXIST {
      guard exists(path) else { throw FileError.notAFolder(path: path) }
    } catch let error as FileError where error.number == ENOTDIR {
      throw FileError.notAFolder(path: parent(of: path))
    }
  }

  /// Returns the names in a folder in the order of their bytes, without `.` and `..`.
  ///
  /// - Throws: `FileError.system`.
  package static func list(_ path: String) throws -> [String] {
    let descriptor = try Descriptor(.list, path, flags: O_RDONLY | O_DIRECTORY)
    var names: [[UInt8]] = []
    try forEachEntry(of: descriptor) { name in
      names.append(Array(UnsafeRawBufferPointer(start: name, count: strlen(name))))
    }
    names.sort { $0.lexicographicallyPrecedes($1) }
    return names.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Waits until the names in a folder are on the disk.
  ///
  /// - Throws: `FileError.system`.
  package static func synchronize(_ path: String) throws {
    let descriptor = try Descriptor(.synchronize, path, flags: O_RDONLY | O_DIRECTORY)
    do {
      try descriptor.synchronize()
    } catch let error as FileError where error.number == EINVAL {
      // Some network file systems cannot; their names are durable when rename returns.
    }
  }

  /// How many bytes can still be written to the file system that a folder lies on.
  ///
  /// - Throws: `FileError.system`.
  package static func freeBytes(_ path: String) throws -> UInt64 {
    var status = statvfs()
    try retrying(.examine, path) { statvfs(path, &status) }
    return UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
      .partialValue
  }

  /// Removes a folder and all that is in it; links are removed and not followed.
  ///
  /// - Throws: `FileError.system`.
  package static func removeTree(_ path: String) throws {
    let descriptor = try Descriptor(.remove, path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try removeEntries(of: descriptor)
    try retrying(.remove, path) { rmdir(path) }
  }

  /// Removes from a folder what a process that was killed has left behind: everything whose name begins
  /// with `File.temporaryPrefix` or `File.trashPrefix`.
  ///
  /// - Precondition: No other process works in the folder.
  /// - Throws: `FileError.system`.
  package static func removeLeftovers(in path: String) throws {
    let names = try list(path).filter {
      $0.hasPrefix(File.temporaryPrefix) || $0.hasPrefix(File.trashPrefix)
    }
    for name in names { try removeAny("\(path)/\(name)") }
  }

  /// Removes a file, a link, or a folder and all that is in it.
  ///
  /// - Throws: `FileError.system`.
  package static func removeAny(_ path: String) throws {
    do {
      try File.remove(path)
    } catch let error as FileError where error.number == EISDIR {
      try removeTree(path)
    }
  }

  private static func removeEntries(of folder: Descriptor) throws {
    var names: [[CChar]] = []
    try forEachEntry(of: folder) { name in
      names.append(Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
    }
    for name in names {
      let shown = folder.path + "/" + text(of: name)
      do {
        try retrying(.remove, shown) { unlinkat(folder.number, name, 0) }
      } catch let error as FileError where error.number == EISDIR {
        let inner = try Descriptor(
          .remove, shown, name: name, in: folder, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try removeEntries(of: inner)
        try retrying(.remove, shown) { unlinkat(folder.number, name, AT_REMOVEDIR) }
      }
    }
  }

  private static func text(of name: [CChar]) -> String {
    String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func forEachEntry(
    of folder: Descriptor, _ body: (UnsafePointer<CChar>) -> Void
  ) throws {
    // fdopendir owns its descriptor, and the folder's own is still needed.
    let copy = try retrying(.list, folder.path) { fcntl(folder.number, F_DUPFD_CLOEXEC, 0) }
    guard let stream = fdopendir(copy) else {
      let number = errno
      _ = close(copy)
      throw FileError.system(.list, path: folder.path, number: number)
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw FileError.system(.list, path: folder.path, number: errno) }
        return
      }
      withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          if strcmp(name, ".") != 0, strcmp(name, "..") != 0 { body(name) }
        }
      }
    }
  }
}
