extension Communicator {
  /// Does something on rank 0 while the others wait for as long as it gives signs of life.
  ///
  /// All ranks must call it.
  ///
  /// - Parameters:
  ///   - operation: what is done, for the message of an error: `evaluation`.
  ///   - interval: the least time between two beats; nil for half a second, or less where the timeout
  ///     is short.
  ///   - body: the work; it is to beat more often than once in `timeout`.
  /// - Returns: what `body` returns, on rank 0; nil elsewhere.
  /// - Throws: if `body` throws: its error on rank 0, which is to print it, and a `RemoteFailure`
  ///   elsewhere. If rank 0 falls silent: `CollectiveError.stalled`.
  public func onRoot<Result>(
    _ operation: String, beatingEvery interval: Duration? = nil,
    _ body: (Heartbeat) throws -> Result
  ) throws -> Result? {
    try onRanks([0], operation, beatingEvery: interval, body)
  }
}
