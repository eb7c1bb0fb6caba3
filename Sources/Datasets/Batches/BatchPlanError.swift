public import Diagnostics

/// Batch sizes that cannot be honoured.
public enum BatchPlanError: Diagnostic, Equatable {
  /// The dataset is empty.
  case noSamples
  /// The micro-batch size is not positive.
  case microBatchSize(Int)
  /// The global batch is not a whole positive number of micro-batches.
  case indivisible(global: Int, micro: Int)
  /// There are fewer micro-batches in a step than ranks.
  case tooManyRanks(worldSize: Int, global: Int, micro: Int)

  public var exitCode: ExitCode {
    self == .noSamples ? .data : .configuration
  }

  public var description: String {
    switch self {
    case .noSamples:
      "training data: there are no samples: expected at least one: give more text"
    case .microBatchSize(let size):
      "micro-batch size: must be positive: found \(size): give at least 1"
    case .indivisible(let global, let micro) where global > 0:
      """
      global batch size: must be a multiple of the micro-batch size: found \(global) samples with \
      micro-batches of \(micro): use \(max(1, global / micro) * micro) or \
      \((global / micro + 1) * micro)
      """
    case .indivisible(let global, _):
      "global batch size: must be positive: found \(global): give at least 1"
    case .tooManyRanks(let worldSize, let global, let micro):
      """
      ranks: more than micro-batches in a step: found \(worldSize) ranks for \(global / micro) \
      micro-batches (\(global) samples by \(micro)): start at most \(global / micro) ranks, or \
      raise the global batch size to at least \(worldSize * micro)
      """
    }
  }
}
