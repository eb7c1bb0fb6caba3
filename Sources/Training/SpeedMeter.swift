/// Measures tokens and steps a second over the last while, leaving pauses out.
package struct SpeedMeter {
  private struct Mark {
    var seconds: Double
    var tokens: Int
    var steps: Int
  }

  /// The seconds that the measure looks back.
  private let windowSeconds: Double
  private let clock: () -> Double
  private var marks: [Mark] = []
  private var tokens = 0
  private var steps = 0
  private var pausedSeconds = 0.0
  private var pausedSince: Double?

  /// A meter with a window in seconds; `clock` gives seconds that never run backwards.
  package init(windowSeconds: Double = 20, clock: @escaping () -> Double = monotonicSeconds) {
    self.windowSeconds = windowSeconds
    self.clock = clock
    marks = [Mark(seconds: clock(), tokens: 0, steps: 0)]
  }

  /// Forgets what was measured and starts anew.
  package mutating func restart() {
    self = SpeedMeter(windowSeconds: windowSeconds, clock: clock)
  }

  /// Counts one step.
  package mutating func add(tokens count: Int) {
    tokens += count
    steps += 1
    marks.append(Mark(seconds: activeSeconds, tokens: tokens, steps: steps))
    let oldest = activeSeconds - windowSeconds
    // The last mark before the window stays, so that slow steps have something to compare with.
    if let kept = marks.lastIndex(where: { $0.seconds <= oldest }), kept > 0, marks.count - kept > 1
    {
      marks.removeFirst(kept)
    }
  }

  /// Stops the clock.
  package mutating func pause() {
    pausedSince = pausedSince ?? clock()
  }

  /// Lets the clock go on.
  package mutating func resume() {
    guard let since = pausedSince else { return }
    pausedSeconds += clock() - since
    pausedSince = nil
  }

  /// The tokens a second in the window.
  package var tokensPerSecond: Double {
    guard let first = marks.first, let last = marks.last, last.seconds > first.seconds else {
      return 0
    }
    return Double(last.tokens - first.tokens) / (last.seconds - first.seconds)
  }

  /// The seconds that a step took in the window.
  package var secondsPerStep: Double {
    guard let first = marks.first, let last = marks.last, last.steps > first.steps else { return 0 }
    return (last.seconds - first.seconds) / Double(last.steps - first.steps)
  }

  private var activeSeconds: Double { (pausedSince ?? clock()) - pausedSeconds }
}

/// Seconds since some fixed moment, on a clock that nobody can set.
package func monotonicSeconds() -> Double {
  start.duration(to: ContinuousClock.now).inSeconds
}

private let start = ContinuousClock.now
