import Glibc

extension Folder {
  /// Creates the folders of a path beneath another one and makes them durable; none of them may be a
  /// link, so that nothing that is written there lands elsewhere.
  ///
  /// - Parameters:
  ///   - names: The path, as seen from `root`; folders that exist already are taken.
  ///   - root: Where it begins; it is created with what is missing above it, and may be a link itself.
  /// - Precondition: No part of the path leads up.
  /// - Throws: `FileError`, `.notAFolder` if a link or a file stands in the way.
  package static func create(_ names: String, beneath root: String) throws {
    try create(root, withParents: true)
    var folder = try Descriptor(.create, root, flags: O_RDONLY | O_DIRECTORY)
    for part in names.split(separator: "/") {
      precondition(part != ".." && part != ".", "\(names) does not lie beneath \(root)")
      let name = Array(String(part).utf8CString)
      let path = "\(folder.path)/\(part)"
      do {
        try retrying(.create, path) { mkdirat(folder.number, name, 0o755) }
        try synchronize(folder.path)
      } catch let error as FileError where error.number == EEXIST {
        // Whatever is there has to be a folder.
      }
      do {
        folder = try Descriptor(
          .create, path, name: name, in: folder, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      } catch let error as FileError where [ENOTDIR, ELOOP].contains(error.number) {
        throw FileError.notAFolder(path: path)
      }
    }
  }
}
