public import Tokens

/// One optimizer step's data: what this rank computes, and what it must know of the others.
public struct TrainingStep: Sendable, Equatable {
  /// The number of the step in the whole training, from 0.
  public let index: Int
  /// The epoch that the step belongs to, from 0.
  public let epoch: Int
  /// How many micro-batches all ranks together have in this step.
  public let globalMicroBatchCount: Int
  /// How many tokens all ranks together have to predict in this step.
  public let globalMaskedCount: Int
  /// How many samples all ranks together have in this step.
  public let globalSampleCount: Int
  /// How many tokens all ranks together read in this step.
  public let globalTokenCount: Int
  /// This rank's micro-batches; none if the step has fewer micro-batches than there are ranks.
  public let microBatches: [MaskedBatch]

  /// A step for a loop that makes its own batches; see the properties for the arguments.
  public init(
    index: Int, epoch: Int, globalMicroBatchCount: Int, globalMaskedCount: Int,
    globalSampleCount: Int, globalTokenCount: Int, microBatches: [MaskedBatch]
  ) {
    self.index = index
    self.epoch = epoch
    self.globalMicroBatchCount = globalMicroBatchCount
    self.globalMaskedCount = globalMaskedCount
    self.globalSampleCount = globalSampleCount
    self.globalTokenCount = globalTokenCount
    self.microBatches = microBatches
  }
}
