import Glibc

/// A regular file opened for reading, piece by piece, at any place.
package final class InputFile {
  /// The path that was opened.
  package let path: String
  /// The size when the file was opened, in bytes.
  package let byteCount: UInt64
  private let descriptor: Descriptor

  /// Opens a regular file.
  ///
  /// - Throws: `FileError` if it does not exist, may not be read, or is a folder, pipe or device.
  package init(_ path: String) throws {
    // Without O_NONBLOCK opening a pipe waits for somebody to write into it.
    descriptor = try Descriptor(.open, path, flags: O_RDONLY | O_NONBLOCK)
    let status = try descriptor.status()
    guard status.st_mode & S_IFMT == S_IFREG else { throw FileError.notARegularFile(path: path) }
    self.path = path
    byteCount = UInt64(clamping: status.st_size)
  }

  /// Fills the buffer with the bytes from `offset` on.
  ///
  /// - Throws: `FileError.endsEarly` if the file ends before that.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
    let count = try descriptor.read(into: buffer, at: offset)
    if count < buffer.count {
      throw FileError.endsEarly(
        path: path, byteCount: offset + UInt64(count), expected: offset + UInt64(buffer.count))
    }
  }

  /// Returns up to `count` bytes from `offset` on, fewer only at the end of the file.
  ///
  /// - Throws: `FileError.system`.
  package func read(upTo count: Int, at offset: UInt64) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
  }

  /// Calls `body` with one piece of the file after the other.
  ///
  /// - Parameter body: Takes up to 4 MiB.
  /// - Returns: How many bytes there were, fewer than `byteCount` if the file has become shorter.
  /// - Throws: `FileError.system`, or what `body` throws.
  @discardableResult
  package func forEachPiece(_ body: ([UInt8]) throws -> Void) throws -> UInt64 {
    var offset: UInt64 = 0
    while offset < byteCount {
      let piece = try read(upTo: 4 << 20, at: offset)
      if piece.isEmpty { break }
      try body(piece)
      offset += UInt64(piece.count)
    }
    return offset
  }

  /// Tells the system that the file's pages need not stay in memory, so that the next reading of
  /// written and synchronized bytes comes from the disk.
  package func forgetCache() {
    _ = posix_fadvise(descriptor.number, 0, 0, POSIX_FADV_DONTNEED)
  }

  /// The file's bytes mapped into memory, read only; nil if the file is empty.
  func map() throws -> UnsafeRawBufferPointer? {
    guard byteCount > 0 else { return nil }
    let count = Int(byteCount)
    let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor.number, 0)
    guard let start, start != MAP_FAILED else {
      throw FileError.system(.map, path: path, number: errno)
    }
    return UnsafeRawBufferPointer(start: start, count: count)
  }
}
