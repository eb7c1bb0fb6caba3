internal import CKernels
internal import Glibc
internal import Synchronization

/// The threads that share one rank's loops.
///
/// A loop is cut into pieces in fixed places that do not depend on the number of threads; any
/// thread may take any piece, so no result depends on it either.
public final class ThreadPool: @unchecked Sendable {
  /// The pool of this process; `configure(threadCount:spins:)` sets its size.
  public static let shared = ThreadPool()

  /// How many threads work on a loop, the calling one included.
  public private(set) var threadCount = 1

  private static let openBit = 1 << 15
  private static let insideMask = openBit - 1

  /// Generation in the high bits, whether the job is open, how many workers are inside.
  private let state = Atomic<Int>(0)
  private let nextPiece = Atomic<Int>(0)
  private let isBusy = Atomic<Bool>(false)
  private let sleeperCount = Atomic<Int>(0)
  private var pieceCount = 0
  private var body: ((Int) -> Void)?
  private var spinCount = 4_000
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
  }

  /// Sets the number of threads; more can be added later, fewer cannot.
  ///
  /// - Parameters:
  ///   - threadCount: Threads per loop, the caller included, at least 1.
  ///   - spins: Whether a worker may spin for some microseconds before it sleeps. Say `false` when
  ///     the machine's ranks and threads together exceed its cores.
  public func configure(threadCount: Int, spins: Bool) {
    precondition(threadCount >= 1, "threadCount is \(threadCount), must be at least 1")
    spinCount = spins ? 4_000 : 0
    while self.threadCount < threadCount {
      startWorker()
      self.threadCount += 1
    }
  }

  /// Calls `body` once for every piece in `0..<count`, on all threads; returns when all are done.
  public func run(_ count: Int, _ body: (Int) -> Void) {
    guard threadCount > 1, count > 1, !isBusy.exchange(true, ordering: .acquiring) else {
      for piece in 0..<count { body(piece) }
      return
    }
    withoutActuallyEscaping(body) { body in
      self.body = body
      pieceCount = count
      nextPiece.store(0, ordering: .relaxed)
      let generation = (state.load(ordering: .relaxed) >> 16) + 1
      state.store(generation << 16 | Self.openBit, ordering: .sequentiallyConsistent)
      if sleeperCount.load(ordering: .sequentiallyConsistent) > 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wakeUp)
        pthread_mutex_unlock(mutex)
      }
      takePieces(body)
      state.bitwiseAnd(~Self.openBit, ordering: .acquiringAndReleasing)
      var turns = 0
      while state.load(ordering: .acquiring) & Self.insideMask != 0 {
        ck_relax()
        turns += 1
        if turns > 10_000 { sched_yield() }
      }
      self.body = nil
    }
    isBusy.store(false, ordering: .releasing)
  }

  private func takePieces(_ body: (Int) -> Void) {
    while true {
      let piece = nextPiece.wrappingAdd(1, ordering: .relaxed).oldValue
      guard piece < pieceCount else { return }
      body(piece)
    }
  }

  private func startWorker() {
    var thread = pthread_t()
    let pool = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        ComputingThread.spareSignals()
        Unmanaged<ThreadPool>.fromOpaque(argument).takeUnretainedValue().work()
      }, pool)
    precondition(code == 0, "cannot start a thread: pthread_create returned \(code)")
    pthread_detach(thread)
  }

  private func work() -> Never {
    var last = 0
    while true {
      let seen = waitForJob(after: last)
      last = seen >> 16
      let entered = state.compareExchange(
        expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
      var current = entered.original
      var isInside = entered.exchanged
      while !isInside, current & Self.openBit != 0, current >> 16 == last {
        let again = state.compareExchange(
          expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
        isInside = again.exchanged
        current = again.original
      }
      guard isInside else { continue }
      help()
      state.subtract(1, ordering: .releasing)
    }
  }

  /// Takes pieces of the job that this worker is inside of.
  ///
  /// A function of its own, because a closure that is passed on is kept until the function ends: in
  /// `work()` that would be in the next job, and `run` ends the program if its closure outlives it.
  @inline(never)
  private func help() {
    if let body { takePieces(body) }
  }

  /// The state of an open job that is newer than `generation`.
  private func waitForJob(after generation: Int) -> Int {
    func open() -> Int? {
      let now = state.load(ordering: .sequentiallyConsistent)
      return now & Self.openBit != 0 && now >> 16 != generation ? now : nil
    }
    for _ in 0..<spinCount {
      if let now = open() { return now }
      ck_relax()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleeperCount.add(1, ordering: .sequentiallyConsistent)
    defer { sleeperCount.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      if let now = open() { return now }
      pthread_cond_wait(wakeUp, mutex)
    }
  }
}
