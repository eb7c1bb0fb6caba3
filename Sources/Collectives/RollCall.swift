/// How a rank whose patience is at an end finds out whom everybody waits for.
///
/// A rank that waits answers a roll call with what it waits in; a rank that is stopped, dead or busy
/// does not. So the message names the culprit even if this rank only waited for another that waits
/// itself. The rank that asks first claims the report: one that has answered a claim does not claim
/// any more, and of two that claim at once the lower reports.
extension Communicator {
  /// Answers the roll calls that have arrived.
  ///
  /// - Returns: the ranks that asked and claim the report.
  @discardableResult
  func answerRollCalls(_ operation: String) throws -> [Int] {
    var claimants: [Int] = []
    while let (source, byteCount) = try arrival(tag: MessageTag.rollCall.rawValue) {
      let claim = try receive(
        byteCount: byteCount, from: source, tag: .rollCall, in: "roll call")
      // Nobody waits for the answer to be on its way: if it is not, the asker has gone.
      _ = try startSend(copyOf: Array(operation.utf8), to: source, tag: .rollAnswer).test()
      if claim == RollCall.claim { claimants.append(source) }
    }
    if !claimants.isEmpty { state.hasAnsweredClaim = true }
    return claimants
  }

  /// Asks all ranks where they are, after the timeout in `operation`.
  ///
  /// - Returns: the error to throw.
  func callTheRoll(_ operation: String, missing: [Int]) throws -> CollectiveError {
    var reports = !state.hasAnsweredClaim
    let query = reports ? RollCall.claim : RollCall.question
    for other in 0..<worldSize where other != rank && !hasEnded(other) {
      _ = try startSend(copyOf: query, to: other, tag: .rollCall).test()
    }
    var answers = [String?](repeating: nil, count: worldSize)
    answers[rank] = operation
    let end = SuspendingClock.now + RollCall.patience
    var backoff = Backoff()
    while answers.contains(nil) && SuspendingClock.now < end {
      if try answerRollCalls(operation).contains(where: { $0 < rank }) { reports = false }
      while let (source, byteCount) = try arrival(tag: MessageTag.rollAnswer.rawValue) {
        let bytes = try receive(
          byteCount: byteCount, from: source, tag: .rollAnswer, in: "roll call")
        answers[source] = String(decoding: bytes, as: UTF8.self)
      }
      backoff.pause()
    }
    if !reports {
      // The rank that reports needs the time to do so before this one takes the world down.
      let end = SuspendingClock.now + RollCall.patience * 2
      while SuspendingClock.now < end {
        try answerRollCalls(operation)
        backoff.pause()
      }
    }

    let silent = answers.indices.filter { answers[$0] == nil }
    let named = silent.isEmpty ? Array(Set(missing)).sorted() : silent
    let whereabouts = named.compactMap { rank in
      answers[rank].map { "rank \(rank) is in '\($0)'" }
    }
    return .stalled(
      CollectiveError.Stall(
        missing: named, whereabouts: whereabouts, operation: operation, phase: phase,
        seconds: timeout / .seconds(1), isReportedHere: reports))
  }
}

private enum RollCall {
  /// How long a rank waits for answers.
  static let patience = Duration.seconds(1)
  /// A query by a rank that wants to report.
  static let claim: [UInt8] = [1]
  /// A query by a rank that leaves the report to another.
  static let question: [UInt8] = [0]
}
