import Files
import Glibc

/// A text file that only grows, by whole lines.
final class LineFile {
  private let path: String
  private let descriptor: CInt

  /// Opens a file for appending; one that does not exist is made.
  ///
  /// - Throws: `FileError.system`.
  init(_ path: String) throws {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError.system(.open, path: path, number: errno)
    }
  }

  deinit { close(descriptor) }

  /// Appends a line; a reader sees all of it or nothing, unless the disk is full.
  ///
  /// - Throws: `FileError.system`.
  func append(_ line: [UInt8]) throws {
    let bytes = line + [UInt8(ascii: "\n")]
    guard StandardStream.write(bytes, to: descriptor) else {
      throw FileError.system(.write, path: path, number: errno)
    }
  }
}
