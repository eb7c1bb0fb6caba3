public import Collectives
public import Tokens

/// Brings the micro-batches of every step, made ahead on a thread of its own.
///
/// What a step holds is a function of (seeds, epoch, step): the epoch is an argument, so it cannot be
/// forgotten, and starting in the middle costs no more than starting at the beginning.
public final class DataLoader: Sendable {
  /// Which samples make up which step.
  public let plan: BatchPlan

  private let dataset: TokenDataset
  private let collator: MaskingCollator
  private let torchSeed: UInt64?

  /// How many steps are ready before they are asked for.
  private static let stepsAhead = 3

  /// A loader for training as one rank of a world.
  ///
  /// With a `torchSeed`, order and masks are those that a loop in PyTorch draws after
  /// `torch.manual_seed(torchSeed)`, from a `DataLoader` with `shuffle=True`, Transformers'
  /// `DataCollatorForLanguageModeling` and a batch size of `microBatchSize`; `order` counts for nothing
  /// then, and starting in the middle makes all draws before it.
  ///
  /// - Throws: `BatchPlanError`; see `BatchPlan.init`.
  /// - Precondition: `rank` is in 0 ..< `worldSize`.
  public init(
    _ dataset: TokenDataset, microBatchSize: Int, globalBatchSize: Int, order: BatchPlan.Order,
    collator: MaskingCollator, torchSeed: UInt64? = nil, rank: Int, worldSize: Int
  ) throws {
    self.dataset = dataset
    self.collator = collator
    self.torchSeed = torchSeed
    plan = try BatchPlan(
      sampleCount: dataset.count, microBatchSize: microBatchSize,
      globalBatchSize: globalBatchSize, order: order, rank: rank, worldSize: worldSize)
  }

  /// A loader for training as this rank of a world; every rank makes one with the same arguments.
  ///
  /// - Throws: `BatchPlanError`; see `BatchPlan.init`. It is the same on every rank.
  public convenience init(
    _ dataset: TokenDataset, microBatchSize: Int, globalBatchSize: Int, order: BatchPlan.Order,
    collator: MaskingCollator, torchSeed: UInt64? = nil, on world: any Communicator
  ) throws {
    try self.init(
      dataset, microBatchSize: microBatchSize, globalBatchSize: globalBatchSize, order: order,
      collator: collator, torchSeed: torchSeed, rank: world.rank, worldSize: world.worldSize)
  }

  /// A loader for evaluation: all samples in their order, on whichever rank asks.
  ///
  /// - Throws: `BatchPlanError` if the dataset is empty or the size is not positive.
  public convenience init(
    _ dataset: TokenDataset, microBatchSize: Int, collator: MaskingCollator
  ) throws {
    try self.init(
      dataset, microBatchSize: microBatchSize, globalBatchSize: microBatchSize, order: .sequential,
      collator: collator, rank: 0, worldSize: 1)
  }

  /// How many steps an epoch has.
  public var stepsPerEpoch: Int { plan.stepsPerEpoch }

  /// The steps of an epoch in order.
  ///
  /// Each iteration has its own reading thread, which ends when the iterator is let go.
  ///
  /// - Parameters:
  ///   - epoch: from 0; has its own order and its own masks
  ///   - start: the first step wanted, counted within the epoch
  /// - Returns: a sequence that can be iterated any number of times, always to the same steps
  /// - Precondition: `epoch` is not negative and `start` in 0 ... `stepsPerEpoch`.
  public func steps(inEpoch epoch: Int, from start: Int = 0) -> Steps {
    precondition(
      epoch >= 0 && start >= 0 && start <= stepsPerEpoch,
      "step \(start) of epoch \(epoch) with \(stepsPerEpoch) steps")
    return Steps(loader: self, epoch: epoch, start: start)
  }

  /// All micro-batches of all ranks in order, each with the masks of epoch 0: what evaluation reads.
  public func batches() -> some Sequence<MaskedBatch> {
    let samples = plan.samples(inEpoch: 0)
    return (0..<stepsPerEpoch).lazy.flatMap { [self] step in
      (0..<plan.microBatchCount(inStep: step)).lazy.map { [self] microBatch in
        batch(microBatch, inStep: step, ofEpoch: 0, samples: samples)
      }
    }
  }

  /// The steps of an epoch, in order.
  public struct Steps: Sequence {
    let loader: DataLoader
    let epoch: Int
    let start: Int

    /// Starts to read.
    public func makeIterator() -> Iterator {
      Iterator(loader: loader, epoch: epoch, start: start)
    }

    /// Hands out steps that a background thread makes.
    public struct Iterator: IteratorProtocol {
      private let reader: ReadAhead<TrainingStep>

      init(loader: DataLoader, epoch: Int, start: Int) {
        let samples = loader.plan.samples(inEpoch: epoch)
        let position = Position(start, loader.torchDraws(inEpoch: epoch, from: start))
        reader = ReadAhead(limit: DataLoader.stepsAhead) {
          guard position.step < loader.stepsPerEpoch else { return nil }
          defer { position.step += 1 }
          return position.draws == nil
            ? loader.step(position.step, ofEpoch: epoch, samples: samples)
            : loader.step(position.step, ofEpoch: epoch, drawing: &position.draws)
        }
      }

      /// The next step, waiting for the reading thread if need be.
      public func next() -> TrainingStep? { reader.next() }
    }

    /// Where the reading thread stands; no other thread looks at it.
    private final class Position: @unchecked Sendable {
      var step: Int
      /// What has been drawn so far, where PyTorch's draws are wanted.
      var draws: TorchDraws?
      init(_ step: Int, _ draws: TorchDraws?) { (self.step, self.draws) = (step, draws) }
    }
  }

  private func step(
    _ step: Int, ofEpoch epoch: Int, samples: BatchPlan.SampleOrder
  ) -> TrainingStep {
    let index = epoch * stepsPerEpoch + step
    let own = plan.ownMicroBatches(inStep: step)
    let batches = own.map { batch($0, inStep: step, ofEpoch: epoch, samples: samples) }
    var maskedCount = batches.reduce(0) { $0 + $1.maskedCount }
    var tokenCount = batches.reduce(0) { $0 + $1.tokenCount }
    let places = plan.places(inStep: step)
    var tokens: [TokenID] = []
    // The others' share is counted from the same draws: that is cheaper than to ask them.
    for place in places where !own.contains((place - places.lowerBound) / plan.microBatchSize) {
      tokens.removeAll(keepingCapacity: true)
      dataset.append(sample: samples[place], to: &tokens)
      tokenCount += tokens.count
      maskedCount += collator.maskedCount(
        of: tokens, identity: dataset.identity(ofSample: samples[place]), epoch: epoch)
    }
    return TrainingStep(
      index: index, epoch: epoch, globalMicroBatchCount: plan.microBatchCount(inStep: step),
      globalMaskedCount: maskedCount, globalSampleCount: places.count,
      globalTokenCount: tokenCount, microBatches: batches)
  }

  private func torchDraws(inEpoch epoch: Int, from step: Int) -> TorchDraws? {
    torchSeed.map {
      TorchDraws(seed: $0, dataset, collator, plan: plan, epoch: epoch, step: step)
    }
  }

  /// The others' micro-batches are drawn as well, because this rank's draws come after them.
  private func step(
    _ step: Int, ofEpoch epoch: Int, drawing draws: inout TorchDraws?
  ) -> TrainingStep {
    let index = epoch * stepsPerEpoch + step
    let own = plan.ownMicroBatches(inStep: step)
    let count = plan.microBatchCount(inStep: step)
    let batches = (0..<count).compactMap { draws?.batch($0, inStep: step, index: index) }
    return TrainingStep(
      index: index, epoch: epoch, globalMicroBatchCount: count,
      globalMaskedCount: batches.reduce(0) { $0 + $1.maskedCount },
      globalSampleCount: plan.places(inStep: step).count,
      globalTokenCount: batches.reduce(0) { $0 + $1.tokenCount }, microBatches: Array(batches[own]))
  }

  private func batch(
    _ microBatch: Int, inStep step: Int, ofEpoch epoch: Int, samples: BatchPlan.SampleOrder
  ) -> MaskedBatch {
    collator.batch(
      of: plan.places(ofMicroBatch: microBatch, inStep: step).map { samples[$0] }, in: dataset,
      epoch: epoch, step: epoch * stepsPerEpoch + step, microBatch: microBatch)
  }
}
