internal import Glibc
internal import Synchronization

/// Records how long operations take, where that is asked for; off, it costs one load.
///
/// Only the thread that started it is recorded: kernels are entered by one thread and share their
/// work below. Of ranks that are threads of one process, the first that starts it has it.
public final class Profiler: @unchecked Sendable {
  /// The profiler of this process.
  public static let shared = Profiler()

  /// Something that took time.
  public struct Event: Sendable {
    /// What it was.
    public let name: String
    /// Whether it is a kernel or a phase of the run.
    public let kind: Kind
    /// The phase that it belongs to, empty outside of all.
    public let phase: String
    /// The outermost phase that it belongs to, empty outside of all.
    public let part: String
    /// The sizes that decide how long it takes; empty where nothing but `bytes` does.
    public let shape: [Int]
    /// When it began, in nanoseconds of the monotonic clock.
    public let begin: UInt64
    /// How long it took, in nanoseconds.
    public let nanoseconds: UInt64
    /// Its floating-point operations.
    public let flops: Double
    /// The bytes that it read and wrote.
    public let bytes: Double
  }

  /// Kernels do the work; phases tell which part of a step it belongs to.
  public enum Kind: Sendable { case kernel, phase }

  private enum State: UInt8, AtomicRepresentable { case off, starting, on }

  private let state = Atomic<State>(.off)
  private var owner = pthread_t()
  private var events: [Event] = []
  private var phases: [String] = []
  private var isInsideKernel = false

  private init() {}

  /// Begins to record what the calling thread does.
  ///
  /// - Returns: Whether it does; false where something is being recorded already.
  @discardableResult
  public func start() -> Bool {
    guard state.compareExchange(expected: .off, desired: .starting, ordering: .acquiring).exchanged
    else { return false }
    owner = pthread_self()
    events = []
    events.reserveCapacity(1 << 16)
    state.store(.on, ordering: .releasing)
    return true
  }

  /// Ends recording.
  ///
  /// - Returns: What was recorded, in the order of its end; nothing on threads other than the one
  ///   that is recorded, which goes on.
  public func stop() -> [Event] {
    guard isRecording else { return [] }
    defer { state.store(.off, ordering: .releasing) }
    defer { events = [] }
    return events
  }

  /// Runs `body` as a kernel; kernels inside others do not count.
  ///
  /// - Parameters:
  ///   - name: What it is.
  ///   - flops: Its floating-point operations.
  ///   - bytes: The bytes that it reads and writes.
  ///   - shape: The sizes that decide how long it takes.
  ///   - body: The work.
  public func kernel(
    _ name: @autoclosure () -> String, flops: @autoclosure () -> Double = 0,
    bytes: @autoclosure () -> Double = 0, shape: @autoclosure () -> [Int] = [], _ body: () -> Void
  ) {
    guard isRecording, !isInsideKernel else { return body() }
    isInsideKernel = true
    let begin = Self.now()
    body()
    let end = Self.now()
    isInsideKernel = false
    events.append(
      Event(
        name: name(), kind: .kernel, phase: phases.last ?? "", part: phases.first ?? "",
        shape: shape(), begin: begin, nanoseconds: end - begin, flops: flops(), bytes: bytes()))
  }

  /// Runs `body` as a phase of the run.
  public func phase<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    guard isRecording else { return try body() }
    let begin = Self.now()
    phases.append(name)
    defer {
      phases.removeLast()
      let end = Self.now()
      events.append(
        Event(
          name: name, kind: .phase, phase: phases.last ?? "", part: phases.first ?? "", shape: [],
          begin: begin, nanoseconds: end - begin, flops: 0, bytes: 0))
    }
    return try body()
  }

  private var isRecording: Bool {
    state.load(ordering: .acquiring) == .on && pthread_equal(owner, pthread_self()) != 0
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
