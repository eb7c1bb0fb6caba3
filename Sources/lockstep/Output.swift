import Diagnostics
import Glibc
import Training

/// Standard output, which holds what a command was asked for and nothing else.
enum Output {
  /// Writes a text.
  ///
  /// - Throws: `OutputError` if nobody reads it or it cannot be stored.
  static func show(_ text: String) throws {
    guard StandardStream.write(text, to: STDOUT_FILENO) else {
      throw OutputError(reason: unsafe String(cString: strerror(errno)))
    }
  }
}

/// Standard output cannot be written to.
struct OutputError: Diagnostic {
  let reason: String
  var exitCode: ExitCode { .inputOutput }
  var description: String { "standard output: cannot be written: \(reason)" }
}
