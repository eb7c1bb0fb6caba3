/// What the process tells its caller when it ends; the numbers follow sysexits.
public enum ExitCode: Int32, Sendable {
  /// The command line is wrong.
  case usage = 64
  /// A data file, model or checkpoint is wrong.
  case data = 65
  /// An input does not exist or cannot be opened.
  case inputMissing = 66
  /// A server that is needed gives no answer.
  case unavailable = 69
  /// A defect of this program.
  case internalError = 70
  /// Memory or another limit of the system is exhausted.
  case memory = 71
  /// The output cannot be created.
  case cannotCreate = 73
  /// Reading or writing failed.
  case inputOutput = 74
  /// The run stopped and the same command with `--resume` goes on.
  case tryAgain = 75
  /// Ranks see different data, settings or binaries.
  case ranksDisagree = 76
  /// The system forbids what is needed.
  case permission = 77
  /// A setting has a value that cannot be honoured.
  case configuration = 78
  /// The training diverged.
  case diverged = 79
}
