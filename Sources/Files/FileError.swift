package import Diagnostics
import Glibc

/// What is wrong with a file or a folder.
package enum FileError: Diagnostic, Equatable {
  /// What was being done to a path when the system refused.
  package enum Operation: String, Sendable {
    case close = "be closed"
    case create = "be created"
    case examine = "be examined"
    case exchange = "be exchanged"
    case link = "be linked"
    case list = "be listed"
    case lock = "be locked"
    case map = "be mapped"
    case open = "be opened"
    case read = "be read"
    case remove = "be removed"
    case rename = "be renamed"
    case synchronize = "be made durable"
    case truncate = "be cut"
    case write = "be written"
  }

  /// A system call failed with an error number.
  case system(Operation, path: String, number: CInt)
  /// The path is a folder, a pipe, a device or a socket where a regular file is needed.
  case notARegularFile(path: String)
  /// The path is not a folder where one is needed.
  case notAFolder(path: String)
  /// The file holds more bytes than the reader takes.
  case tooLarge(path: String, byteCount: UInt64, limit: UInt64)
  /// The file ended before the bytes that were expected.
  case endsEarly(path: String, byteCount: UInt64, expected: UInt64)
  /// The file has another size than was recorded.
  case sizeDiffers(path: String, byteCount: UInt64, expected: UInt64)

  /// The system's error number, if a system call failed.
  package var number: CInt? {
    if case .system(_, _, let number) = self { number } else { nil }
  }

  /// Whether no room, no quota or no inode is left.
  package var isDiskFull: Bool { number == ENOSPC || number == EDQUOT }

  /// Whether the error tells of the file, which is missing, of another kind or unreadable, and not of what
  /// this process may or can do.
  package var isAboutTheFileItself: Bool {
    switch self {
    case .notARegularFile, .notAFolder, .tooLarge, .endsEarly, .sizeDiffers: true
    case .system(_, _, let number):
      [ENOENT, ENOTDIR, EISDIR, ELOOP, EIO, ESTALE, ENXIO, EUCLEAN].contains(number)
    }
  }

  package var exitCode: ExitCode {
    switch self {
    case .notARegularFile, .tooLarge, .endsEarly, .sizeDiffers: .data
    case .notAFolder: .cannotCreate
    case .system(let operation, _, let number):
      switch (number, operation) {
      case (ENOMEM, _), (EMFILE, _), (ENFILE, _): .memory
      case (ENOENT, .open), (ENOENT, .read), (ENOENT, .examine), (ENOENT, .list), (ENOTDIR, .open):
        .inputMissing
      case (EACCES, _), (EPERM, _), (EROFS, _): .permission
      case (_, .create) where !isDiskFull && number != EIO: .cannotCreate
      default: .inputOutput
      }
    }
  }

  package var description: String {
    switch self {
    case .system(let operation, let path, let number):
      "\(shown(path)): cannot \(operation.rawValue): \(systemMessage(number)): \(advice(number))"
    case .notARegularFile(let path):
      "\(shown(path)): not a regular file: expected a file, found a folder, pipe or device: "
        + "give the path of a file"
    case .notAFolder(let path):
      "\(shown(path)): not a folder: expected a folder, found a file or link: give another path"
    case .tooLarge(let path, let byteCount, let limit):
      "\(shown(path)): too large: expected at most \(limit) bytes, found \(byteCount): "
        + "split the file"
    case .endsEarly(let path, let byteCount, let expected):
      "\(shown(path)): ends early: expected \(expected) bytes, found \(byteCount): "
        + "restore the file from its source"
    case .sizeDiffers(let path, let byteCount, let expected):
      "\(shown(path)): the size is wrong: expected \(expected) bytes, found \(byteCount): "
        + "restore the file from its source"
    }
  }

  private func shown(_ path: String) -> String { String(displaying: path.utf8, limit: 4096) }

  private func advice(_ number: CInt) -> String {
    switch number {
    case ENOENT: "check the path"
    case EACCES, EPERM: "change its permissions or use another path"
    case EROFS: "use a path on a file system that can be written"
    case ENOSPC, EDQUOT: "free some space or use a path on another disk"
    case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
    case EEXIST: "remove it or use another path"
    case ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG: "use another path"
    default: "check the disk and the file system"
    }
  }
}

/// The system's text for an error number.
func systemMessage(_ number: CInt) -> String {
  withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
    let text = buffer.assumingMemoryBound(to: CChar.self)
    guard let start = text.baseAddress, strerror_r(number, start, text.count) == 0 else {
      return "error \(number)"
    }
    return String(cString: start)
  }
}
