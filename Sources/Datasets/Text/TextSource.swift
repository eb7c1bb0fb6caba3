import Files
import Glibc

/// A text that was looked at and found fit for reading: a file, or bytes in memory.
struct TextSource: Sendable {
  /// The path, or what a text in memory is called.
  let name: String
  /// The size in bytes, a byte order mark included.
  let byteCount: UInt64
  /// Where the text begins: after the byte order mark.
  let start: UInt64

  /// Which file this is; nil for a text in memory.
  let identity: FileIdentity?

  /// The text itself, if it is in memory.
  private let bytes: [UInt8]

  /// Takes text from memory.
  ///
  /// - Throws: `TextError` if it is of another format.
  init(name: String, bytes: [UInt8]) throws {
    self.name = name
    byteCount = UInt64(bytes.count)
    self.bytes = bytes
    identity = nil
    start = try Self.textStart(of: Array(bytes.prefix(TextFormat.headBytes)), name)
  }

  /// Looks at a file.
  ///
  /// - Throws: `TextError` if it does not exist, cannot be read, is no file or is of another format.
  init(path: String) throws {
    name = path
    let identity = try FileIdentity(path: path)
    self.identity = identity
    bytes = []
    byteCount = identity.byteCount
    do {
      let file = try InputFile(path)
      start = try Self.textStart(of: file.read(upTo: TextFormat.headBytes, at: 0), path)
    } catch let error as FileError {
      throw TextError(error, path: path)
    }
    if let (format, advice) = TextFormat.fields(byNameOf: path) {
      throw TextError.fields(path: path, name: format, advice: advice)
    }
  }

  /// Computes the SHA-256 digest of all bytes.
  ///
  /// - Parameter beat: called at least every 8 MiB, to tell others that the work goes on
  /// - Returns: the digest in hexadecimal digits
  /// - Throws: `TextError` if the file cannot be read, or what `beat` throws
  func digest(beat: () throws -> Void = {}) throws -> String {
    guard identity != nil else { return SHA256.digest(of: bytes).hex }
    do {
      return try SHA256.digest(ofFile: name, beat: beat).hex
    } catch let error as FileError {
      throw TextError(error, path: name)
    }
  }

  /// Opens the text, for one thread.
  ///
  /// - Throws: `TextError` if it cannot be opened any more.
  func reader() throws -> TextReader {
    guard identity != nil else { return TextReader(self, .memory(bytes)) }
    do {
      return TextReader(self, .file(try InputFile(name)))
    } catch let error as FileError {
      throw TextError(error, path: name)
    }
  }

  /// Makes sure that the file is still the one that was looked at.
  ///
  /// - Throws: `TextError.changed` if not.
  func requireUnchanged() throws {
    guard let identity else { return }
    guard try FileIdentity(path: name) == identity else { throw TextError.changed(path: name) }
  }

  private static func textStart(of head: [UInt8], _ name: String) throws -> UInt64 {
    switch TextFormat(head: head) {
    case .text(let markBytes): return UInt64(markBytes)
    case .wideCharacters(let encoding):
      throw TextError.wideCharacters(path: name, encoding: encoding)
    case .other(let format, let advice):
      throw TextError.format(path: name, name: format, advice: advice)
    }
  }
}

/// What tells whether two paths are one file, and whether a file was written to.
struct FileIdentity: Sendable, Hashable {
  let device: UInt64
  let inode: UInt64
  let byteCount: UInt64
  /// When the content changed, and when anything of the file did, in nanoseconds since 1970.
  let modified: Int64
  let touched: Int64

  /// Looks at a path, links followed.
  ///
  /// - Throws: `TextError` if there is no regular file.
  init(path: String) throws {
    var status = stat()
    // A path with a zero byte inside would silently name another file.
    guard !path.utf8.contains(0), unsafe stat(path, &status) == 0 else {
      let number = path.utf8.contains(0) ? EINVAL : errno
      throw TextError(.system(.open, path: path, number: number), path: path)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw TextError.notAFile(path: path, found: "a folder")
    case S_IFIFO: throw TextError.notAFile(path: path, found: "a pipe")
    case S_IFSOCK: throw TextError.notAFile(path: path, found: "a socket")
    default: throw TextError.notAFile(path: path, found: "a device")
    }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    byteCount = UInt64(clamping: status.st_size)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    touched = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
  }

  /// Whether both are the same file, changed or not.
  func isSameFile(as other: FileIdentity) -> Bool {
    device == other.device && inode == other.inode
  }
}

extension TextError {
  /// What an error of the file system means for a text.
  init(_ error: FileError, path: String) {
    self =
      switch error {
      case .system(_, _, let number) where number == ENOENT: .missing(path: path)
      case .endsEarly, .sizeDiffers: .changed(path: path)
      case .notARegularFile: .notAFile(path: path, found: "a folder, pipe or device")
      case .system(_, _, let number): .unreadable(path: path, reason: Self.systemText(number))
      default: .unreadable(path: path, reason: error.description)
      }
  }

  private static func systemText(_ number: CInt) -> String {
    unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }
}
