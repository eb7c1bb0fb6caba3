public import Diagnostics

/// An error that strikes several ranks, of which one is to tell the user.
public protocol WorldDiagnostic: Diagnostic {
  /// Whether this rank is the one that prints it.
  var isReportedHere: Bool { get }
}

/// What can go wrong between ranks.
public enum CollectiveError: WorldDiagnostic, Equatable {
  /// Ranks did not do their part within the timeout.
  case stalled(Stall)
  /// A rank left the world while others still wait for it.
  case rankEnded(rank: Int, operation: String, phase: String)
  /// A message had another size than its receiver expected.
  case messageSize(from: Int, expected: Int, found: Int)
  /// A call of MPI that cannot be interrupted took longer than the timeout.
  case blocked(call: String, seconds: Double)
  /// A call of MPI failed.
  case transport(call: String, text: String)
  /// The environment and MPI disagree about the size of the world.
  case worldSize(variable: String, stated: Int, found: Int)
  /// An environment variable has a value that cannot be used.
  case setting(name: String, value: String, expected: String)
  /// A node has too little shared memory.
  case sharedMemoryIsFull(needed: Int, available: Int, directory: String)
  /// Memory could not be mapped.
  case mapping(byteCount: Int, errno: Int32)

  /// Who waited for whom, where and for how long.
  public struct Stall: Sendable, Equatable {
    /// The ranks that are waited for.
    public var missing: [Int]
    /// What those of them that answered were doing, one entry a rank; empty if none answered.
    public var whereabouts: [String]
    /// The collective in which this rank waited.
    public var operation: String
    /// The program's phase on this rank.
    public var phase: String
    /// How long it waited.
    public var seconds: Double
    /// Whether this rank is the one that prints the message.
    public var isReportedHere: Bool
  }

  public var exitCode: ExitCode {
    switch self {
    case .stalled, .rankEnded, .blocked, .transport: .tryAgain
    case .messageSize: .ranksDisagree
    case .worldSize, .setting: .configuration
    case .sharedMemoryIsFull, .mapping: .memory
    }
  }

  public var isReportedHere: Bool {
    if case .stalled(let stall) = self { stall.isReportedHere } else { true }
  }

  public var description: String {
    switch self {
    case .stalled(let stall):
      stall.description
    case .rankEnded(let rank, let operation, let phase):
      "rank \(rank): left the world while others wait for it in \(place(operation, phase)): "
        + "see its own message: run the same command again with --resume"
    case .messageSize(let rank, let expected, let found):
      "rank \(rank): sent a message of \(found) bytes where \(expected) were expected: "
        + "start every rank with the same program, settings and files"
    case .blocked(let call, let seconds):
      "\(call): did not return for \(seconds) s: a rank is stopped, dead or never came: "
        + "run the same command again with --resume (LOCKSTEP_TIMEOUT=SECONDS waits longer)"
    case .transport(let call, let text):
      "\(call): failed: \(text): run the same command again with --resume"
    case .worldSize(let variable, let stated, let found):
      "\(variable): is \(stated), but MPI sees a world of \(found): "
        + "start the program with the mpirun of the MPI library that it was built with"
    case .setting(let name, let value, let expected):
      "\(name): is '\(value)': expected \(expected)"
    case .sharedMemoryIsFull(let needed, let available, let directory):
      "\(directory): has \(mebibytes(available)) MiB free where \(mebibytes(needed)) MiB of shared "
        + "memory are needed: enlarge it (docker run --shm-size, mount -o remount,size=), or use "
        + "fewer ranks or a smaller model"
    case .mapping(let byteCount, let number):
      "memory: \(mebibytes(byteCount)) MiB cannot be mapped (errno \(number)): "
        + "free memory or use a smaller model"
    }
  }
}

extension CollectiveError.Stall: CustomStringConvertible {
  public var description: String {
    let named = describe(ranks: missing)
    let state =
      whereabouts.isEmpty
      ? "stopped, dead or busy, for there is no answer" : whereabouts.joined(separator: ", ")
    let time = (seconds * 10).rounded() / 10
    return "\(named): waited for in \(place(operation, phase)) for \(time) s: \(state): "
      + "run the same command again with --resume (LOCKSTEP_TIMEOUT=SECONDS waits longer)"
  }
}

private func place(_ operation: String, _ phase: String) -> String {
  phase.isEmpty ? "'\(operation)'" : "'\(operation)' of '\(phase)'"
}

private func mebibytes(_ byteCount: Int) -> Int {
  byteCount >> 20 + (byteCount & (1 << 20 - 1) == 0 ? 0 : 1)
}
