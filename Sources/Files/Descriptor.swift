import Glibc

/// An open file of the system that is closed at the latest when nobody holds it any more.
final class Descriptor {
  let path: String
  private(set) var number: CInt

  /// Opens a path.
  ///
  /// - Throws: `FileError.system`.
  init(_ operation: FileError.Operation, _ path: String, flags: CInt, mode: mode_t = 0o644) throws {
    self.path = path
    // A path with a NUL inside would silently name another file.
    guard !path.utf8.contains(0) else {
      throw FileError.system(operation, path: path, number: EINVAL)
    }
    number = try retrying(operation, path) { Glibc.open(path, flags | O_CLOEXEC, mode) }
  }

  /// Opens a name inside an open folder.
  ///
  /// - Throws: `FileError.system`.
  init(
    _ operation: FileError.Operation, _ path: String, name: [CChar], in folder: Descriptor,
    flags: CInt
  ) throws {
    self.path = path
    number = try retrying(operation, path) { openat(folder.number, name, flags | O_CLOEXEC) }
  }

  deinit {
    if number >= 0 { _ = Glibc.close(number) }
  }

  /// Closes the file; an error here means that what was written may not be in the file.
  ///
  /// - Throws: `FileError.system`.
  func close() throws {
    let closing = number
    number = -1
    // After EINTR Linux has closed the descriptor already: closing again could hit another file.
    if Glibc.close(closing) != 0, errno != EINTR {
      throw FileError.system(.close, path: path, number: errno)
    }
  }

  /// What the system knows about the open file.
  func status() throws -> stat {
    var status = stat()
    try retrying(.examine, path) { fstat(number, &status) }
    return status
  }

  /// Reads until the buffer is full or the file ends.
  ///
  /// - Parameters:
  ///   - buffer: Where the bytes go.
  ///   - offset: Where in the file to start; nil reads on from where the last reading stopped.
  /// - Returns: How many bytes were read.
  /// - Throws: `FileError.system`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64? = nil) throws -> Int {
    guard let start = buffer.baseAddress else { return 0 }
    var done = 0
    while done < buffer.count {
      let wanted = min(buffer.count - done, transferLimit)
      let count = try retrying(.read, path) {
        if let offset {
          pread(number, start + done, wanted, off_t(clamping: offset + UInt64(done)))
        } else {
          Glibc.read(number, start + done, wanted)
        }
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Writes every byte, however few the system takes at a time.
  ///
  /// - Throws: `FileError.system`.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let count = try retrying(.write, path) {
        Glibc.write(number, start + done, min(bytes.count - done, transferLimit))
      }
      // A device that takes nothing and reports nothing would be asked for ever.
      if count == 0 { throw FileError.system(.write, path: path, number: EIO) }
      done += count
    }
  }

  /// Waits until the file's bytes are on the disk.
  ///
  /// A failure must not be tried again: the system forgets which pages it could not write.
  ///
  /// - Throws: `FileError.system`.
  func synchronize() throws {
    try retrying(.synchronize, path) { fsync(number) }
  }
}
