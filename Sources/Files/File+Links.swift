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
}
