/// An error that a user reads: one line that says which file or setting is wrong, what was expected
/// and found, and what to do.
public protocol Diagnostic: Error, CustomStringConvertible {
  /// The code that the process ends with if nobody handles the error.
  var exitCode: ExitCode { get }
}
