internal import Collectives

/// How the partial sums of ranks come together.
protocol GradientTransport: AnyObject {
  /// Begins a step; nothing of the step before is read any more by any rank when it returns.
  func begin(_ plan: GradientPlan) throws

  /// A buffer of this rank, `[floatCount]`.
  func buffer(_ slot: Int) -> UnsafeMutablePointer<Float>

  /// Takes notice that this rank's partials of a bucket are complete.
  func publish(bucket: Int) throws

  /// Does what can be done without waiting.
  ///
  /// - Returns: `done` when all sums that this rank has to make or receive are there.
  func advance() throws -> Progress

  /// The ranks that this rank waits for.
  func missingRanks() -> [Int]

  /// Ends a step, after `advance` has said so.
  ///
  /// - Returns: the sums, and where they are valid.
  func end() throws -> (gradients: UnsafeMutablePointer<Float>, owned: [Range<Int>])
}
