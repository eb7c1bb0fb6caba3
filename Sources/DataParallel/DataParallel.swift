public import Collectives
internal import Kernels
public import Optimizers
public import Tensors

/// Keeps the replicas of a model equal while every rank computes the gradients of its own
/// micro-batches.
///
/// Gradients, losses and norms are added in one fixed tree over the micro-batches of a step, so the
/// result does not depend on which rank holds which. On one node, parameters and optimizer state lie
/// once in memory that its ranks share, and each rank updates its slice.
public final class DataParallel {
  /// The parameters that are kept equal.
  public let parameters: ParameterStore
  /// The ranks that take part.
  public let world: any Communicator
  private let reducer: GradientReducer
  private let plan: BucketPlan
  private let isShared: Bool
  private let normalization: LossNormalization
  private weak var sharedOptimizer: (any Optimizer)?
  private var microBatchCount = 0
  private var predictionCount = 0
  private var lossSums: [Double] = []
  /// Parameters that no backward pass of the last step reached; their gradient counts as 0.
  public private(set) var unreachedParameters: [String] = []

  /// Joins the replicas; all ranks must call it.
  ///
  /// Rank 0's values win.
  ///
  /// - Parameters:
  ///   - parameters: Of this rank's model.
  ///   - world: The ranks.
  ///   - microBatchesPerStep: The most micro-batches that a step has in all ranks together.
  ///   - normalization: What the loss of a step is a mean of.
  ///   - sharing: Whether ranks of one node keep one copy; nil where memory allows it.
  /// - Throws: `CollectiveError`.
  public init(
    _ parameters: ParameterStore, over world: any Communicator, microBatchesPerStep: Int,
    normalization: LossNormalization = .tokens, sharing: Bool? = nil
  ) throws {
    self.parameters = parameters
    self.world = world
    self.normalization = normalization
    plan = BucketPlan(parameters)
    reducer = try GradientReducer(
      floatCount: parameters.count, buckets: plan.buckets, over: world,
      microBatchCapacity: microBatchesPerStep,
      mode: sharing.map { $0 ? .sharedMemory : .exchange } ?? .automatic,
      // Parameters and, as AdamW has them, two moments.
      leaving: 3 * parameters.count * MemoryLayout<Float>.size)
    isShared = world.worldSize > 1 && reducer.mode == .sharedMemory
    if isShared {
      let bytes = parameters.count * MemoryLayout<Float>.size
      let memory = try world.allocateShared(byteCount: bytes)
      parameters.moveValues(
        to: memory.base.assumingMemoryBound(to: Float.self), owner: memory,
        copies: world.isRoot)
      try world.barrier("sharing the parameters")
    } else {
      try world.broadcast(
        into: UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(start: parameters.changeValues(), count: parameters.count)),
        from: 0, "broadcasting the parameters")
    }
  }

  /// Begins a step; all ranks must call it with the same arguments.
  ///
  /// - Parameters:
  ///   - microBatchCount: How many micro-batches the step has in all ranks together.
  ///   - predictionCount: How many masked tokens they have together: the loss is their exact mean.
  /// - Throws: `CollectiveError`.
  public func begin(microBatchCount: Int, predictionCount: Int) throws {
    self.microBatchCount = microBatchCount
    self.predictionCount = predictionCount
    lossSums = [Double](repeating: 0, count: microBatchCount)
    unreachedParameters = []
    try Profiler.shared.phase("waiting for ranks") {
      try reducer.beginStep(microBatchCount: microBatchCount)
    }
  }

  /// Computes the gradient of one micro-batch; buckets are summed while the last one runs.
  ///
  /// - Parameters:
  ///   - lossSum: The summed cross-entropy of the micro-batch in nats, or nil if it predicts nothing.
  ///   - microBatch: Its index in the step, one of this rank's, in ascending order.
  ///   - count: How many tokens the micro-batch predicts.
  /// - Throws: `CollectiveError`.
  public func backward(_ lossSum: Tensor?, microBatch: Int, predictionCount count: Int) throws {
    parameters.redirectGradients(
      to: reducer.gradientBuffer(forMicroBatch: microBatch), owner: nil)
    let isLast = microBatch == reducer.microBatches.upperBound - 1
    var progress = BucketPlan.Progress(plan)
    var failure: (any Error)?
    func publish(_ buckets: Range<Int>) {
      guard isLast, failure == nil else { return }
      do {
        for bucket in buckets { try reducer.bucketIsReady(bucket) }
      } catch {
        failure = error
      }
    }
    if let lossSum {
      lossSums[microBatch] =
        Double(lossSum.item())
        * normalization.weight(
          predictionCount: count, total: predictionCount, microBatchCount: microBatchCount)
      let scale = normalization.scale(
        predictionCount: count, total: predictionCount, microBatchCount: microBatchCount)
      lossSum.backward(scale: scale) { parameter in
        publish(progress.finish(parameter))
      }
    }
    let unreached = parameters.clearUnreachedGradients()
    if lossSum != nil { unreachedParameters = unreached.map(\.name) }
    for parameter in unreached { publish(progress.finish(parameter)) }
    publish(progress.takeReady())
    if let failure { throw failure }
    reducer.microBatchIsDone(microBatch)
  }

  /// Ends a step: sums the gradients over all ranks, clips them and updates the parameters.
  ///
  /// All ranks must call it, also those without a micro-batch.
  ///
  /// - Parameters:
  ///   - optimizer: Of these parameters; rank 0's state, which need not be anywhere else, is given to
  ///     all at its first update here.
  ///   - learningRate: Of this update.
  ///   - clipNorm: The largest norm of all gradients together; 0 for no limit.
  ///   - signal: A number that is summed over the ranks along the way.
  /// - Returns: What the step computed, the same on every rank.
  /// - Throws: `NotFinite` before anything was changed, or `CollectiveError`.
  public func update(
    _ optimizer: any Optimizer, learningRate: Double, clipNorm: Double = 0, signal: Int = 0
  ) throws -> StepResult {
    try share(optimizer)
    let (gradients, owned) = try Profiler.shared.phase("sum over ranks") { try reducer.finish() }
    let sums = try sumsOverWorld(gradients, owned, signal: signal)
    let result = StepResult(
      lossSum: sums.loss, predictionCount: predictionCount, gradientNorm: sums.norm,
      signal: sums.signal)
    guard sums.loss.isFinite, sums.norm.isFinite else {
      try world.barrier("leaving a step that is not finite")
      throw NotFinite(result: result)
    }
    optimizer.updateCount += 1
    optimizer.update(
      owned, gradients: gradients,
      gradientScale: Clipping.factor(norm: sums.norm, maximum: clipNorm),
      learningRate: learningRate)
    if world.worldSize > 1 {
      try Profiler.shared.phase("waiting for ranks") {
        try world.barrier("updating the parameters")
      }
    }
    return result
  }

  /// Adds losses by micro-batch and squares by block, each in one order for any number of ranks.
  private func sumsOverWorld(
    _ gradients: UnsafeMutablePointer<Float>, _ owned: [Range<Int>], signal: Int
  ) throws -> (loss: Double, norm: Double, signal: Int) {
    let block = ParameterStore.blockSize
    let blockCount = parameters.count / block
    var squares = [Double](repeating: 0, count: blockCount)
    let blocks = owned.flatMap { $0.lowerBound / block..<$0.upperBound / block }
    squares.withUnsafeMutableBufferPointer { squares in
      nonisolated(unsafe) let squares = squares
      Profiler.shared.kernel("gradient norm", bytes: Double(4 * blocks.count * block)) {
        ThreadPool.shared.run(blocks.count) { index in
          squares[blocks[index]] = ElementwiseKernel.sumOfSquares(
            gradients + blocks[index] * block, count: block)
        }
      }
    }
    // One rank holds each number and the others 0, so integer sums of bit patterns are exact.
    var words = [Int64(signal)] + lossSums.map { Int64(bitPattern: $0.bitPattern) }
    let ownsAll = !isShared
    if !ownsAll { words += squares.map { Int64(bitPattern: $0.bitPattern) } }
    words = try Profiler.shared.phase("sum over ranks") {
      try world.allreduceSum(words, "summing losses and norms")
    }
    func double(_ word: Int64) -> Double { Double(bitPattern: UInt64(bitPattern: word)) }
    let losses = words[1...microBatchCount].map(double)
    if !ownsAll { squares = words[(1 + microBatchCount)...].map(double) }
    return (losses.reduce(0, +), squares.reduce(0, +).squareRoot(), Int(words[0]))
  }

  /// Gives an optimizer's state to all ranks, in memory that they share where they share any; rank
  /// 0's state wins.
  private func share(_ optimizer: any Optimizer) throws {
    precondition(
      optimizer.parameters === parameters, "the optimizer updates another model's parameters")
    guard world.worldSize > 1, sharedOptimizer !== optimizer else { return }
    let updateCount = try world.broadcast(
      withUnsafeBytes(of: Int64(optimizer.updateCount)) { Array($0) }, from: 0,
      "sharing the optimizer's state"
    ).withUnsafeBytes { Int($0.loadUnaligned(as: Int64.self)) }
    optimizer.updateCount = updateCount
    let count = optimizer.stateNames.count * parameters.count
    if isShared {
      let memory = try world.allocateShared(byteCount: count * MemoryLayout<Float>.size)
      let state = memory.base.assumingMemoryBound(to: Float.self)
      // New memory is zeros already.
      if world.isRoot, updateCount > 0 { state.update(from: optimizer.state, count: count) }
      optimizer.moveState(to: state, owner: memory)
    } else if updateCount > 0 {
      try world.broadcast(
        into: UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(start: optimizer.state, count: count)),
        from: 0, "broadcasting the optimizer's state")
    }
    sharedOptimizer = optimizer
    try world.barrier("sharing the optimizer's state")
  }
}

/// What one step computed, in all ranks together.
public struct StepResult: Sendable, Equatable {
  /// The summed cross-entropy of the step's masked tokens, in nats; each weighted as
  /// `LossNormalization` says.
  public let lossSum: Double
  /// How many masked tokens there were.
  public let predictionCount: Int
  /// The norm of all gradients together, before clipping.
  public let gradientNorm: Double
  /// The sum of the ranks' signals.
  public let signal: Int

  /// The mean cross-entropy per masked token in nats; 0 if nothing was masked.
  public var loss: Double { predictionCount > 0 ? lossSum / Double(predictionCount) : 0 }
}
