/// What the gradient of a step is the gradient of.
public enum LossNormalization: String, Sendable, CaseIterable {
  /// The mean cross-entropy of all masked tokens of the step, however they lie in micro-batches.
  case tokens
  /// The mean over micro-batches of their means, as PyTorch's loops with gradient accumulation or
  /// DistributedDataParallel compute it: tokens of micro-batches with fewer predictions weigh more.
  case batches

  /// What a micro-batch's summed cross-entropy is multiplied by.
  ///
  /// - Parameters:
  ///   - predictionCount: Masked tokens of the micro-batch.
  ///   - total: Masked tokens of the step.
  ///   - microBatchCount: Micro-batches of the step.
  /// - Returns: The factor.
  func scale(predictionCount: Int, total: Int, microBatchCount: Int) -> Float {
    switch self {
    case .tokens: 1 / Float(max(total, 1))
    case .batches: 1 / (Float(max(predictionCount, 1)) * Float(max(microBatchCount, 1)))
    }
  }

  /// What a micro-batch's summed cross-entropy counts for in the sum over the step, whose share of each
  /// prediction is the loss.
  ///
  /// - Parameters: As of `scale`.
  /// - Returns: The factor.
  func weight(predictionCount: Int, total: Int, microBatchCount: Int) -> Double {
    switch self {
    case .tokens: 1
    case .batches: Double(total) / (Double(predictionCount) * Double(microBatchCount))
    }
  }
}
