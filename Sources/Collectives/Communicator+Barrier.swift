extension Communicator {
  /// Waits until every rank has called it.
  ///
  /// All ranks must call it.
  ///
  /// - Parameter operation: what the barrier is for, for the message of an error.
  /// - Throws: `CollectiveError.stalled`.
  public func barrier(_ operation: String = "barrier") throws {
    // Dissemination: after k rounds a rank has heard of 2^k - 1 others.
    var distance = 1
    while distance < worldSize {
      let source = (rank - distance + worldSize) % worldSize
      let sending = try startSend(
        copyOf: [], to: (rank + distance) % worldSize, tag: .barrier)
      _ = try receive(byteCount: 0, from: source, tag: .barrier, in: operation)
      try wait(for: sending, in: operation)
      distance *= 2
    }
  }
}
