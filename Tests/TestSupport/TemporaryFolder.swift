import Glibc

/// A folder of a test's own that disappears with it.
public final class TemporaryFolder {
  /// Where the folder lies.
  public let path: String

  /// Makes an empty folder under `TMPDIR` or /tmp.
  ///
  /// - Throws: `TestSupportError` if that is impossible.
  public init() throws {
    let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((root + "/lockstep-test-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw TestSupportError("no folder can be made in \(root)")
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { _ = try? Subprocess.run("/bin/rm", ["-rf", path]) }

  /// The path of something in the folder.
  public func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file into the folder and returns its path.
  ///
  /// - Throws: `TestSupportError` if that is impossible.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = path(name)
    guard let stream = fopen(file, "w") else { throw TestSupportError("cannot write \(file)") }
    let written = fwrite(bytes, 1, bytes.count, stream)
    guard fclose(stream) == 0, written == bytes.count else {
      throw TestSupportError("cannot write \(file)")
    }
    return file
  }

  /// Writes a text file into the folder and returns its path.
  ///
  /// - Throws: `TestSupportError` if that is impossible.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }
}

/// The bytes of a file, or nil if it cannot be read.
public func contents(of path: String) -> [UInt8]? {
  guard let stream = fopen(path, "r") else { return nil }
  defer { fclose(stream) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&chunk, 1, chunk.count, stream)
    guard count > 0 else { return bytes }
    bytes += chunk[..<count]
  }
}

/// Why a test could not even be set up.
public struct TestSupportError: Error, CustomStringConvertible {
  /// What went wrong.
  public let description: String

  init(_ description: String) { self.description = description }
}
