import Randomness

/// Which samples every step of training is made of, and which of them are this rank's.
///
/// A step's global batch is a run of the epoch's order, cut into micro-batches; a rank owns a
/// contiguous run of these. All is arithmetic: any step of any epoch costs the same time and no
/// memory. The last global batch of an epoch may be smaller, and its last micro-batch too: no sample
/// is dropped or repeated.
public struct BatchPlan: Sendable, Equatable {
  /// The order in which an epoch visits the samples.
  public enum Order: Sendable, Equatable {
    /// The order of the dataset, in every epoch.
    case sequential
    /// A random order that is another one in each epoch.
    case shuffled(seed: UInt64)
  }

  /// How many samples an epoch has.
  public let sampleCount: Int
  /// How many samples a full micro-batch has.
  public let microBatchSize: Int
  /// How many samples a full global batch has.
  public let globalBatchSize: Int
  /// The order in which an epoch visits the samples.
  public let order: Order
  /// The rank that this plan is for.
  public let rank: Int
  /// How many ranks share the work.
  public let worldSize: Int

  /// Plans the batches of a rank.
  ///
  /// - Throws: `BatchPlanError` if a size is not positive, if the global batch is not a whole number
  ///   of micro-batches, or if that number is smaller than the number of ranks.
  /// - Precondition: `rank` is in 0 ..< `worldSize`.
  public init(
    sampleCount: Int, microBatchSize: Int, globalBatchSize: Int, order: Order, rank: Int = 0,
    worldSize: Int = 1
  ) throws {
    precondition(rank >= 0 && rank < worldSize, "rank \(rank) of \(worldSize)")
    guard sampleCount > 0 else { throw BatchPlanError.noSamples }
    guard microBatchSize > 0 else { throw BatchPlanError.microBatchSize(microBatchSize) }
    guard globalBatchSize > 0, globalBatchSize % microBatchSize == 0 else {
      throw BatchPlanError.indivisible(global: globalBatchSize, micro: microBatchSize)
    }
    guard worldSize <= globalBatchSize / microBatchSize else {
      throw BatchPlanError.tooManyRanks(
        worldSize: worldSize, global: globalBatchSize, micro: microBatchSize)
    }
    self.sampleCount = sampleCount
    self.microBatchSize = microBatchSize
    self.globalBatchSize = globalBatchSize
    self.order = order
    self.rank = rank
    self.worldSize = worldSize
  }

  /// How many steps an epoch has.
  public var stepsPerEpoch: Int {
    (sampleCount - 1) / globalBatchSize + 1
  }

  /// The places in the epoch's order that a step visits.
  ///
  /// - Precondition: `step` is in 0 ..< `stepsPerEpoch`.
  public func places(inStep step: Int) -> Range<Int> {
    precondition(
      step >= 0 && step < stepsPerEpoch, "step \(step) of an epoch of \(stepsPerEpoch) steps")
    let start = step * globalBatchSize
    return start..<start + min(globalBatchSize, sampleCount - start)
  }

  /// How many micro-batches a step has: fewer than usual only in an epoch's last step.
  public func microBatchCount(inStep step: Int) -> Int {
    (places(inStep: step).count - 1) / microBatchSize + 1
  }

  /// The micro-batches of a step that this rank owns; none if there are fewer than ranks.
  public func ownMicroBatches(inStep step: Int) -> Range<Int> {
    let count = microBatchCount(inStep: step)
    return count * rank / worldSize..<count * (rank + 1) / worldSize
  }

  /// The places in the epoch's order that a micro-batch visits.
  ///
  /// - Precondition: `microBatch` is in 0 ..< `microBatchCount(inStep: step)`.
  public func places(ofMicroBatch microBatch: Int, inStep step: Int) -> Range<Int> {
    let places = places(inStep: step)
    let start = places.lowerBound + microBatch * microBatchSize
    precondition(
      microBatch >= 0 && start < places.upperBound, "micro-batch \(microBatch) of step \(step)")
    return start..<min(start + microBatchSize, places.upperBound)
  }

  /// The order of an epoch: which sample lies at which place.
  public func samples(inEpoch epoch: Int) -> SampleOrder {
    switch order {
    case .sequential: SampleOrder(count: sampleCount, permutation: nil)
    case .shuffled(let seed):
      SampleOrder(
        count: sampleCount,
        permutation: Permutation(
          count: sampleCount, key: RandomKey(seed: seed).derived("order").derived(UInt64(epoch))))
    }
  }

  /// The samples at all places of one epoch.
  public struct SampleOrder: Sendable {
    /// How many samples there are.
    public let count: Int

    let permutation: Permutation?

    /// The sample at a place.
    ///
    /// - Precondition: `place` is in 0 ..< `count`.
    public subscript(_ place: Int) -> Int {
      permutation?[place] ?? place
    }
  }
}
