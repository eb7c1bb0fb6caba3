import Glibc
import Synchronization

/// What keeps a secret in this process's memory from going further: as long as one exists, no other
/// process of the user may look at the memory or has it dumped.
///
/// Core files stay forbidden afterwards too, because copies of the secret may lie in memory that was
/// freed. Debuggers and MPI's copies from process to process work again once none exists.
package final class ProcessSecrecy: Sendable {
  private struct Holders {
    var count = 0
    var wasDumpable = false
  }

  private static let holders = Mutex(Holders())

  /// Begins to hold a secret.
  package init() {
    Self.forbidCoreFiles()
    Self.holders.withLock { holders in
      if holders.count == 0 {
        holders.wasDumpable = Self.isDumpable
        if holders.wasDumpable { Self.control(.setDumpable, 0) }
      }
      holders.count += 1
    }
  }

  deinit {
    Self.holders.withLock { holders in
      holders.count -= 1
      if holders.count == 0, holders.wasDumpable { Self.control(.setDumpable, 1) }
    }
  }

  /// Whether the system lets others of the user look at this process's memory.
  package static var isDumpable: Bool { control(.getDumpable, 0) == 1 }

  /// Makes sure that the process leaves no core file, whatever ends it.
  package static func forbidCoreFiles() {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    guard getrlimit(kind, &limit) == 0, limit.rlim_cur > 0 else { return }
    limit.rlim_cur = 0
    setrlimit(kind, &limit)
  }

  private enum Question: CInt {
    case getDumpable = 3
    case setDumpable = 4
  }

  @discardableResult
  private static func control(_ question: Question, _ value: CUnsignedLong) -> CInt {
    typealias Control =
      @convention(c) (
        CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong
      ) -> CInt
    // It takes a variable number of arguments, which Swift cannot call.
    guard let symbol = dlsym(nil, "prctl") else { return -1 }
    return unsafeBitCast(symbol, to: Control.self)(question.rawValue, value, 0, 0, 0)
  }
}
