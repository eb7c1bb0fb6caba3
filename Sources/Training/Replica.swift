public import Collectives
public import DataParallel
public import Datasets
internal import Layers
public import Models
public import Optimizers
public import Tensors
public import Tokens

/// A model of which every rank holds a replica.
///
/// This is where models, data and ranks meet. The hand-written loop is:
///
///     for step in loader.steps(inEpoch: epoch) {
///       try replica.begin(step)
///       for batch in step.microBatches { try replica(batch).backward() }
///       let result = try replica.update(optimizer, learningRate: 5e-4, clipNorm: 1)
///     }
public final class Replica {
  /// This rank's replica.
  public let model: any MaskedModel
  private let parallel: DataParallel
  private let recomputes: Bool

  /// Joins the replicas of all ranks; all ranks must call it.
  ///
  /// Rank 0's weights win.
  ///
  /// - Parameters:
  ///   - model: This rank's model.
  ///   - world: The ranks.
  ///   - microBatchesPerStep: The most micro-batches that a step has in all ranks together.
  ///   - normalization: What the loss of a step is a mean of.
  ///   - recomputing: Whether activations inside of layers are computed again instead of kept: less
  ///     memory, more time, the same bits.
  /// - Throws: `CollectiveError`.
  public init(
    _ model: any MaskedModel, over world: any Communicator, microBatchesPerStep: Int,
    normalization: LossNormalization = .tokens, recomputing: Bool = false
  ) throws {
    self.model = model
    recomputes = recomputing
    parallel = try DataParallel(
      model.parameters, over: world, microBatchesPerStep: microBatchesPerStep,
      normalization: normalization)
  }

  /// Begins a step; all ranks must call it.
  ///
  /// - Throws: `CollectiveError`.
  public func begin(_ step: TrainingStep) throws {
    try parallel.begin(
      microBatchCount: step.globalMicroBatchCount, predictionCount: step.globalMaskedCount)
  }

  /// Predicts the masked tokens of one of this rank's micro-batches, with dropout.
  public func callAsFunction(_ batch: MaskedBatch) -> Outputs {
    guard batch.maskedCount > 0 else {
      return Outputs(lossSum: nil, batch: batch, parallel: parallel)
    }
    let context = Context.training(key: batch.key, recomputing: recomputes)
    let predictions = model.predictions(for: batch, in: context)
    return Outputs(
      lossSum: predictions.lossSum(batch.labels), batch: batch, parallel: parallel)
  }

  /// Ends a step: sums the gradients over all ranks, clips them and updates the parameters.
  ///
  /// All ranks must call it, also those without a micro-batch in the step.
  ///
  /// - Parameters:
  ///   - optimizer: Of the model's parameters.
  ///   - learningRate: Of this update.
  ///   - clipNorm: The largest norm of all gradients together; 0 for no limit.
  ///   - signal: A number that is summed over the ranks along the way.
  /// - Returns: What the step computed, the same on every rank.
  /// - Throws: `NotFinite` before anything was changed, or `CollectiveError`.
  @discardableResult
  public func update(
    _ optimizer: any Optimizer, learningRate: Double, clipNorm: Double = 0, signal: Int = 0
  ) throws -> StepResult {
    try parallel.update(
      optimizer, learningRate: learningRate, clipNorm: clipNorm, signal: signal)
  }

  /// Parameters that the last step's loss did not depend on; their gradient counts as 0.
  public var unreachedParameters: [String] { parallel.unreachedParameters }

  /// What a forward pass gave.
  public struct Outputs {
    /// The summed cross-entropy of the micro-batch in nats; nil if nothing is masked.
    public let lossSum: Tensor?
    private let microBatch, predictionCount: Int
    private let parallel: DataParallel

    init(lossSum: Tensor?, batch: MaskedBatch, parallel: DataParallel) {
      self.lossSum = lossSum
      microBatch = batch.microBatch
      predictionCount = batch.maskedCount
      self.parallel = parallel
    }

    /// Computes the micro-batch's share of the step's gradient; for a rank's last micro-batch of a
    /// step, sums over the ranks begin while it runs.
    ///
    /// - Throws: `CollectiveError`.
    public func backward() throws {
      try parallel.backward(
        lossSum, microBatch: microBatch, predictionCount: predictionCount)
    }
  }
}
