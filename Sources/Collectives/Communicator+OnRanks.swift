extension Communicator {
  /// Does something on some ranks while all others wait for as long as these give signs of life.
  ///
  /// All ranks must call it.
  ///
  /// - Parameters:
  ///   - workers: the ranks that do it, ascending; the same on every rank.
  ///   - operation: what is done, for the message of an error: `reading of the text`.
  ///   - interval: the least time between two beats; nil for half a second, or less where the timeout
  ///     is short.
  ///   - body: the work; it is to beat more often than once in `timeout`.
  /// - Returns: what `body` returns, on ranks that work; nil elsewhere.
  /// - Throws: if any `body` throws, on every rank: on the lowest that failed its own error, which it
  ///   is to print, and a `RemoteFailure` elsewhere. If a worker falls silent:
  ///   `CollectiveError.stalled`.
  public func onRanks<Result>(
    _ workers: [Int], _ operation: String, beatingEvery interval: Duration? = nil,
    _ body: (Heartbeat) throws -> Result
  ) throws -> Result? {
    var result: Result?
    var ownFailure: (any Error)?
    var ending: [PendingTransfer] = []
    if workers.contains(rank) {
      let heartbeat = Heartbeat(self, every: interval ?? min(.milliseconds(500), timeout / 4))
      do {
        result = try body(heartbeat)
      } catch {
        ownFailure = error
      }
      // That the others cannot be told matters less than what there was to tell.
      do {
        ending = try heartbeat.end(ownFailure.map(RemoteFailure.encoded))
      } catch {
        throw ownFailure ?? error
      }
    }
    var failure: (any Error)?
    do {
      for worker in workers {
        let found = worker == rank ? ownFailure : try waitForEnd(of: worker, operation)
        failure = failure ?? found
      }
      try wait(for: ending, in: "end of work on rank \(rank)")
    } catch {
      throw ownFailure ?? error
    }
    if let failure { throw failure }
    return result
  }

  /// Waits for a rank's work and returns how it failed, or nil.
  private func waitForEnd(of worker: Int, _ operation: String) throws -> RemoteFailure? {
    while true {
      let bytes = try receive(byteCount: 8, from: worker, tag: .heartbeat, in: operation)
      switch WorkerMessage(bytes) {
      case .beat: continue
      case .success: return nil
      case .failure(let byteCount):
        let failure = try receive(
          byteCount: byteCount, from: worker, tag: .heartbeat, in: operation)
        return RemoteFailure(from: failure, of: worker)
      }
    }
  }
}
