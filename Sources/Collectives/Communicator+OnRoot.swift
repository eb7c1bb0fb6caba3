extension Communicator {
  /// Does something on rank 0 while the others wait for as long as it gives signs of life.
  ///
  /// All ranks must call it.
  ///
  /// - Parameters:
  ///   - operation: what is done, for the message of an error: `evaluation`.
  ///   - interval: the least time between two beats.
  ///   - body: the work; it is to beat more often than once in `timeout`.
  /// - Returns: what `body` returns, on rank 0; nil elsewhere.
  /// - Throws: if `body` throws: its error on rank 0, which is to print it, and a `RemoteFailure`
  ///   elsewhere. If rank 0 falls silent: `CollectiveError.stalled`.
  public func onRoot<Result>(
    _ operation: String, beatingEvery interval: Duration = .milliseconds(500),
    _ body: (Heartbeat) throws -> Result
  ) throws -> Result? {
    guard isRoot else {
      try waitForRoot(operation)
      return nil
    }
    let heartbeat = Heartbeat(self, every: interval)
    let result: Result
    do {
      result = try body(heartbeat)
    } catch {
      // That the others cannot be told matters less than what there was to tell.
      try? heartbeat.end(RemoteFailure.encoded(error))
      throw error
    }
    try heartbeat.end(nil)
    return result
  }

  private func waitForRoot(_ operation: String) throws {
    while true {
      let bytes = try receive(byteCount: 8, from: 0, tag: .heartbeat, in: operation)
      switch RootMessage(bytes) {
      case .beat: continue
      case .success: return
      case .failure(let byteCount):
        let failure = try receive(
          byteCount: byteCount, from: 0, tag: .heartbeat, in: operation)
        throw RemoteFailure(from: failure, of: 0)
      }
    }
  }
}
