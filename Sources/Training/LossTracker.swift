/// Averages the loss over the steps between two lines of the log.
///
/// Its state is part of a checkpoint, so that a resumed run logs what an uninterrupted one would.
public struct LossTracker: Sendable, Equatable {
  /// The sum of the losses since the last restart.
  public private(set) var sum: Double
  /// The number of losses since the last restart.
  public private(set) var count: Int

  /// A tracker that goes on from a state, by default from none.
  public init(sum: Double = 0, count: Int = 0) {
    self.sum = sum
    self.count = count
  }

  /// The mean of the losses; not a number if there is none.
  public var mean: Double { sum / Double(count) }

  /// Takes the loss of one step.
  public mutating func add(_ loss: Double) {
    sum += loss
    count += 1
  }

  /// Forgets all losses.
  public mutating func restart() {
    self = LossTracker()
  }
}
