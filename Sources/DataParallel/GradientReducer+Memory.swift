extension GradientReducer {
  /// The memory that a reducer will ask for, without making one.
  package struct Memory: Sendable, Equatable {
    /// How many gradient stores each rank keeps for the nodes of its part of the tree.
    package let bufferCounts: [Int]
    /// How many partial sums of other ranks a rank receives, at most.
    private let foreignCount: Int
    private let worldSize: Int

    /// The memory for steps of up to `microBatchCapacity` micro-batches.
    package init(microBatchCapacity: Int, worldSize: Int) {
      let capacity = max(1, microBatchCapacity)
      bufferCounts = GradientPlan.slotCounts(capacity: capacity, worldSize: worldSize)
      let plan = GradientPlan(microBatchCount: capacity, worldSize: worldSize)
      let nodeCounts = plan.runs.map { $0.isEmpty ? 0 : plan.tree.cover($0).count }
      foreignCount = nodeCounts.reduce(0, +) - (nodeCounts.min() ?? 0)
      self.worldSize = worldSize
    }

    /// The bytes of what a rank receives by messages while a store of that many floats is summed.
    package func incomingBytes(floatCount: Int) -> Int {
      guard worldSize > 1 else { return 0 }
      return ExchangeTransport.incomingBytes(
        floatCount: floatCount, foreignCount: foreignCount, worldSize: worldSize)
    }
  }
}
