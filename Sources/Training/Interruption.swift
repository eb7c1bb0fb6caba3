import Glibc
import Kernels
import Synchronization

/// The wish of a user or a scheduler that the run stops at the next step, as a signal tells it.
///
/// SIGINT, SIGTERM and SIGUSR1 are noted; the same signal again, a second later, ends the process at
/// once with `ExitCode.tryAgain`.
public enum Interruption {
  /// The signals that ask a run to save its state and stop.
  public static let signals: [Int32] = [SIGINT, SIGTERM, SIGUSR1]

  /// Starts to note signals; calling it again forgets those noted before.
  ///
  /// The calling thread is spared: another one takes them.
  public static func watch() {
    ComputingThread.spareSignals()
    noted.store(0, ordering: .relaxed)
    notedSecond.store(0, ordering: .relaxed)
    for signal in signals {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = note
      action.sa_flags = SA_RESTART
      unsafe sigaction(signal, &action, nil)
    }
  }

  /// The first signal that arrived, or nil.
  public static var signal: Int32? {
    let number = noted.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// The number in which the ranks add up who has noted which signal: 20 bits a signal.
  static var word: Int {
    guard let signal, let place = signals.firstIndex(of: signal) else { return 0 }
    return 1 << (20 * place)
  }

  /// The signal that most of the ranks may have noted, or nil if none has.
  static func signal(ofWord word: Int) -> Int32? {
    signals.indices.first { word >> (20 * $0) & 0xFFFFF != 0 }.map { signals[$0] }
  }

  /// The name of a signal as users know it.
  public static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGUSR1: "SIGUSR1"
    default: "signal \(signal)"
    }
  }
}

private let noted = Atomic<Int32>(0)
private let notedSecond = Atomic<Int>(0)

/// Calls only what a signal handler may call.
private func note(_ signal: Int32) {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  let first = noted.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
  if first.exchanged {
    notedSecond.store(time.tv_sec, ordering: .relaxed)
  } else if first.original == signal, time.tv_sec - notedSecond.load(ordering: .relaxed) > 1 {
    _exit(75)
  }
}
