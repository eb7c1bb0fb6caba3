import Glibc

/// A file's bytes in memory, read only and loaded by the system as they are touched.
///
/// Who shortens the file while it is mapped kills the process at the next touch: map only files that
/// nobody else writes, such as a cache's, and read others with `InputFile`.
package final class MappedFile: @unchecked Sendable {
  /// The file's size in bytes.
  package var byteCount: Int { bytes.count }
  private let bytes: UnsafeRawBufferPointer

  /// Maps a whole file.
  ///
  /// - Parameters:
  ///   - path: A regular file.
  ///   - expectedByteCount: The size that was recorded for the file; nil takes any.
  /// - Throws: `FileError`, `.sizeDiffers` if the size is another.
  package init(_ path: String, expectedByteCount: UInt64? = nil) throws {
    let file = try InputFile(path)
    if let expectedByteCount, expectedByteCount != file.byteCount {
      throw FileError.sizeDiffers(
        path: path, byteCount: file.byteCount, expected: expectedByteCount)
    }
    bytes = try file.map() ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// Lends the file's bytes, valid only until `body` returns.
  package func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// Lends a run of elements that lie in the file as they lie in memory, safely.
  ///
  /// - Parameters:
  ///   - type: The elements' type.
  ///   - offset: Where the first one lies, in bytes.
  ///   - count: How many there are.
  ///   - body: What reads them.
  /// - Returns: What `body` returns.
  /// - Precondition: The run lies in the file, and `offset` is a multiple of the type's alignment.
  package func withSpan<Element: BitwiseCopyable, Result>(
    of type: Element.Type = Element.self, at offset: Int, count: Int,
    _ body: (Span<Element>) throws -> Result
  ) rethrows -> Result {
    let (length, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    precondition(
      !overflow && offset >= 0 && count >= 0 && offset <= bytes.count
        && length <= bytes.count - offset,
      "\(count) elements at byte \(offset) do not lie in a mapping of \(bytes.count) bytes")
    precondition(
      offset % MemoryLayout<Element>.alignment == 0, "byte \(offset) is not aligned for \(type)")
    return try withBytes { bytes in
      let run = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
      return try run.withMemoryRebound(to: Element.self) { try body($0.span) }
    }
  }
}
