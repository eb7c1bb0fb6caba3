public import Diagnostics

/// Several saves of checkpoints in a row have failed; those saved before are untouched.
public struct SavingFailed: Diagnostic, Equatable {
  /// How many failures in a row end a run.
  public static let limit = 3
  /// Why the last one failed.
  public let lastReason: String

  public var exitCode: ExitCode { .inputOutput }

  public var description: String {
    "\(lastReason): \(Self.limit) saves in a row have failed: mend it, then run the same command "
      + "again with --resume"
  }
}
