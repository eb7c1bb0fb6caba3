public import Diagnostics

/// An error of another rank, which that rank reports.
public struct RemoteFailure: WorldDiagnostic, Equatable {
  /// The rank that failed.
  public let rank: Int
  /// What the program is to end with.
  public let exitCode: ExitCode
  /// The message of that rank's error.
  public let description: String
  /// False: the rank that failed prints it.
  public var isReportedHere: Bool { false }

  /// The bytes in which an error travels: its exit code, then its text.
  static func encoded(_ error: any Error) -> [UInt8] {
    let code = (error as? any Diagnostic)?.exitCode ?? .internalError
    return [UInt8(truncatingIfNeeded: code.rawValue)] + Array("\(error)".utf8)
  }

  /// Creates the failure that some rank has encoded.
  init(from bytes: [UInt8], of rank: Int) {
    self.rank = rank
    exitCode = bytes.first.flatMap { ExitCode(rawValue: Int32($0)) } ?? .internalError
    description = String(decoding: bytes.dropFirst(), as: UTF8.self)
  }
}
