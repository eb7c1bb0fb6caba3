extension Communicator {
  /// Finds out whether any rank has failed, so that all leave a phase together.
  ///
  /// All ranks must call it, at the end of every phase in which one of them alone may fail.
  ///
  /// - Parameters:
  ///   - failure: this rank's error, or nil.
  ///   - operation: what was done, for the message of an error.
  /// - Throws: if any rank failed, on every rank: on the lowest that failed its own error, which it
  ///   is to print, and on the others a `RemoteFailure` of the same text and exit code.
  public func agree(_ failure: (any Error)?, _ operation: String = "agreement") throws {
    guard worldSize > 1 else {
      if let failure { throw failure }
      return
    }
    let failed = try allreduceSum([failure == nil ? 0 : 1], operation)[0]
    guard failed > 0 else { return }
    let parts = try allgather(failure.map(RemoteFailure.encoded) ?? [], operation)
    guard let lowest = parts.firstIndex(where: { !$0.isEmpty }) else { return }
    if lowest == rank, let failure { throw failure }
    throw RemoteFailure(from: parts[lowest], of: lowest)
  }

  /// Does something on every rank and leaves together: if it fails anywhere, all throw.
  ///
  /// All ranks must call it.
  ///
  /// - Returns: what `body` returns on this rank.
  /// - Throws: as `agree(_:_:)`.
  public func together<Result>(_ operation: String, _ body: () throws -> Result) throws -> Result {
    let result: Result
    do {
      result = try body()
    } catch {
      try agree(error, operation)
      throw error
    }
    try agree(nil, operation)
    return result
  }
}
