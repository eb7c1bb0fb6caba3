import Glibc

/// A thread of the system that runs one closure.
final class Worker {
  private let thread: pthread_t
  private var isJoined = false

  private final class Task {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts the thread; nil if the system has none to give.
  ///
  /// It takes no signals: they are for the thread that the program began with.
  init?(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let task = unsafe Unmanaged.passRetained(Task(body))
    var everySignal = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&everySignal)
    unsafe pthread_sigmask(SIG_BLOCK, &everySignal, &previous)
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      }, task.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
    guard status == 0 else {
      unsafe task.release()
      return nil
    }
    self.thread = thread
  }

  /// Waits until the closure has returned.
  func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(thread, nil)
  }
}

/// Runs `body` for every index below `count` on as many threads, this one among them.
///
/// A thread that the system refuses is replaced by this one.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  var refused: [Int] = []
  var workers: [Worker] = []
  for index in 0..<max(0, count - 1) {
    if let worker = Worker({ body(index) }) {
      workers.append(worker)
    } else {
      refused.append(index)
    }
  }
  if count > 0 { body(count - 1) }
  refused.forEach(body)
  workers.forEach { $0.join() }
}
