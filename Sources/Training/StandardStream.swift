import Glibc

/// Writes to an open descriptor, above all those that a process is born with.
package enum StandardStream {
  /// Writes all of a text and returns whether that succeeded; if not, `errno` says why.
  ///
  /// - Precondition: SIGPIPE is ignored, or a closed pipe ends the process.
  @discardableResult
  package static func write(_ text: String, to descriptor: Int32) -> Bool {
    write(Array(text.utf8), to: descriptor)
  }

  /// Writes all bytes and returns whether that succeeded; if not, `errno` says why.
  ///
  /// - Precondition: SIGPIPE is ignored, or a closed pipe ends the process.
  @discardableResult
  package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let written = unsafe Glibc.write(
          descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
        if written > 0 {
          start += written
        } else if written == 0 || errno != EINTR {
          return false
        }
      }
      return true
    }
  }
}
