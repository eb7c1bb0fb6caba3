internal import Glibc
internal import Synchronization

/// Records how long operations take, where that is asked for; off, it costs one load.
///
/// Only the thread that started it is recorded: kernels are entered by one thread and share their
/// work below.
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

  private let isOn = Atomic<Bool>(false)
  private var owner = pthread_t()
  private var events: [Event] = []
  private var phases: [String] = []
  private var isInsideKernel = false

  private init() {}

  /// Begins to record what the calling thread does.
  public func start() {
    owner = pthread_self()
    events = []
    events.reserveCapacity(1 << 16)
    isOn.store(true, ordering: .releasing)
  }

  /// Ends recording; the calling thread must be the one that started it.
  ///
  /// - Returns: What was recorded, in the order of its end.
  public func stop() -> [Event] {
    isOn.store(false, ordering: .releasing)
    defer { events = [] }
    return events
  }

  /// Runs `body` as a kernel; kernels inside others do not count.
  ///
  /// - Parameters:
  ///   - name: What it is.
  ///   - flops: Its floating-point operations.
  ///   - bytes: The bytes that it reads and writes.
  ///   - body: The work.
  public func kernel(
    _ name: @autoclosure () -> String, flops: @autoclosure () -> Double = 0,
    bytes: @autoclosure () -> Double = 0, _ body: () -> Void
  ) {
    guard isRecording, !isInsideKernel else { return body() }
    isInsideKernel = true
    let begin = Self.now()
    body()
    let end = Self.now()
    isInsideKernel = false
    events.append(
      Event(
        name: name(), kind: .kernel, phase: phases.last ?? "", begin: begin,
        nanoseconds: end - begin, flops: flops(), bytes: bytes()))
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
          name: name, kind: .phase, phase: phases.last ?? "", begin: begin,
          nanoseconds: end - begin, flops: 0, bytes: 0))
    }
    return try body()
  }

  private var isRecording: Bool {
    isOn.load(ordering: .relaxed) && pthread_equal(owner, pthread_self()) != 0
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
