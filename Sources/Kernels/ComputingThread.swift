internal import Glibc

/// Threads that multiply matrices.
///
/// A library's kernels may keep numbers below the stack pointer, where the system puts a signal's frame: a
/// handler that runs on such a thread destroys memory (measured with oneDNN, see
/// Documentation/Experiments.md). So these threads take no signals, and one that computes nothing does.
public enum ComputingThread {
  /// Keeps the signals that ask a program for something from the calling thread.
  public static func spareSignals() {
    _ = taker
    block()
  }

  /// The thread that takes the signals instead.
  private static let taker: Bool = {
    var thread = pthread_t()
    // It begins with the mask of the thread that asks first, which blocks nothing yet.
    let code = pthread_create(
      &thread, nil,
      { _ in
        while true { pause() }
      }, nil)
    precondition(code == 0, "cannot start a thread: pthread_create returned \(code)")
    pthread_detach(thread)
    return true
  }()

  private static func block() {
    var signals = sigset_t()
    sigfillset(&signals)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS] {
      sigdelset(&signals, fault)
    }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}
