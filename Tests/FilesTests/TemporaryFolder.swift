import Files
import Glibc

/// A folder of its own for a test, removed when the test is done with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/lockstep-files-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw FileError.system(.create, path: "/tmp", number: errno)
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { try? Folder.removeTree(path) }

  /// The path of a name in the folder.
  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}
