internal import Glibc

/// What a look at something that others bring about has shown.
public enum Progress: Sendable {
  /// Nothing has happened since the last look.
  case none
  /// Something has happened, but it is not all.
  case some
  /// All is done.
  case done
}

/// Pauses that grow: first the core is offered to others, then the thread sleeps.
struct Backoff {
  private let start = SuspendingClock.now
  private(set) var isAsleep = false

  /// The time since the wait began.
  var elapsed: Duration { SuspendingClock.now - start }

  /// Pauses for as long as the wait so far makes sensible.
  mutating func pause() {
    let elapsed = elapsed
    guard elapsed > .milliseconds(1) else {
      sched_yield()
      return
    }
    isAsleep = true
    var time = timespec(tv_sec: 0, tv_nsec: elapsed < .milliseconds(20) ? 50_000 : 500_000)
    nanosleep(&time, nil)
  }
}

extension Communicator {
  /// Waits until a condition holds that other ranks bring about.
  ///
  /// - Parameters:
  ///   - operation: what this is, for the message of an error: `barrier`.
  ///   - ranks: those that are waited for at the time of the call.
  ///   - condition: looks, and may move transfers along.
  /// - Throws: `CollectiveError.stalled`, `CollectiveError.rankEnded`, or what `condition` throws.
  public func wait(
    in operation: String, for ranks: () -> [Int], until condition: () throws -> Bool
  ) throws {
    try wait(in: operation, for: ranks, whileAdvancing: { try condition() ? .done : .none })
  }

  /// Waits until something is done that other ranks bring about step by step.
  ///
  /// It polls, first giving the core away between two looks, then sleeping, because there may be
  /// more ranks than cores. When nothing has happened for `timeout`, it asks all ranks where they
  /// are and throws.
  ///
  /// - Parameters:
  ///   - operation: what this is, for the message of an error.
  ///   - ranks: those that are waited for at the time of the call.
  ///   - look: looks, and may move transfers along.
  /// - Throws: `CollectiveError.stalled`, `CollectiveError.rankEnded`, or what `look` throws.
  public func wait(
    in operation: String, for ranks: () -> [Int], whileAdvancing look: () throws -> Progress
  ) throws {
    if try look() == .done { return }
    var backoff = Backoff()
    while true {
      backoff.pause()
      // Ends are read before the look: what a rank sent before its end has then arrived.
      let ended = ranks().first(where: hasEnded)
      switch try look() {
      case .done: return
      case .some:
        backoff = Backoff()
        continue
      case .none: break
      }
      if let ended, ranks().contains(ended) {
        throw CollectiveError.rankEnded(rank: ended, operation: operation, phase: phase)
      }
      guard backoff.isAsleep else { continue }
      try answerRollCalls(operation)
      guard backoff.elapsed < timeout else {
        throw try callTheRoll(operation, missing: ranks())
      }
    }
  }
}
