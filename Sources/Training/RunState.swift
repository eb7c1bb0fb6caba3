import Files

/// How far a run has come: what a checkpoint keeps beside weights and moments.
struct RunState: Equatable {
  /// The optimizer steps that were made.
  var step = 0
  /// The tokens that they read, over all ranks.
  var tokenCount = 0
  /// The losses that were not logged yet.
  var losses = LossTracker()

  /// A run at its beginning.
  init() {}

  /// Reads the state that a checkpoint keeps.
  ///
  /// - Throws: `JSONError` if something is missing or of another kind.
  init(_ json: JSONCursor) throws {
    step = try json.int("step")
    tokenCount = try json.int("tokens")
    losses = LossTracker(sum: try json.double("loss_sum"), count: try json.int("loss_count"))
  }

  /// The members that a checkpoint keeps.
  var members: [(String, JSON)] {
    [
      ("step", JSON(step)), ("tokens", JSON(tokenCount)), ("loss_sum", JSON(losses.sum)),
      ("loss_count", JSON(losses.count)),
    ]
  }
}
