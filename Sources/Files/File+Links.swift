import Glibc

extension File {
  /// Makes a symbolic link, in place of one that is there.
  ///
  /// - Parameters:
  ///   - path: Where the link shall be.
  ///   - target: What it leads to, as seen from its folder.
  /// - Throws: `FileError.system`.
  package static func makeSymbolicLink(_ path: String, to target: String) throws {
    let temporary = Folder.parent(of: path) + "/" + temporaryName(for: "link")
    try retrying(.link, path) { symlink(target, temporary) }
    do {
      try rename(temporary, to: path)
    } catch {
      try? remove(temporary)
      throw error
    }
  }

  /// What a symbolic link says, nil if the path is none.
  ///
  /// - Throws: `FileError.system`.
  package static func linkTarget(_ path: String) throws -> [UInt8]? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    do {
      let count = try retrying(.examine, path) { readlink(path, &target, target.count) }
      return target[..<count].map { UInt8(bitPattern: $0) }
    } catch let error as FileError where [EINVAL, ENOENT, ENOTDIR].contains(error.number) {
      return nil
    }
  }

  /// The absolute path without links, nil if nothing is there.
  package static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Whether a path is a symbolic link, which may lead to nothing.
  ///
  /// - Throws: `FileError.system`.
  package static func isLink(_ path: String) throws -> Bool { try linkTarget(path) != nil }
}
