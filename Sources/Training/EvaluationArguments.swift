/// Everything an evaluation of a finished model is told.
public struct EvaluationArguments: Sendable, Equatable {
  /// The folder that holds the model and its tokenizer, or their name on the hub.
  public var model: String = ""
  /// The branch, tag or commit of a model from the hub; nil stands for `main`.
  public var revision: String?
  /// The text files.
  public var data: [String] = []
  /// The number of tokens in a sample; nil stands for 128, or less if the model takes less.
  public var blockSize: Int?
  /// The samples that are computed at once; the result does not depend on it.
  public var microBatchSize: Int = 8
  /// The probability with which a token is masked.
  public var maskProbability: Double = 0.15
  /// The number from which the masks follow.
  public var seed: UInt64 = 42
  /// The threads; nil takes the machine's cores.
  public var threads: Int?

  /// The number of tokens in a sample if none is asked for and the model takes so many.
  public static let usualBlockSize = 128

  /// Arguments that lack a model and data.
  public init() {}

  /// What is wrong with the values, one sentence each, naming options as the command line does.
  public func problems() -> [String] {
    var found = RangeProblems()
    if model.isEmpty { found.sentences.append("--model is missing: --model DIR") }
    if data.isEmpty { found.sentences.append("--data is missing: --data FILES…") }
    found.check("block-size", blockSize, in: 4...65_536)
    found.check("micro-batch-size", microBatchSize, in: 1...65_536)
    found.check("mask-probability", maskProbability, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    found.check("threads", threads, in: 1...1_024)
    return found.sentences
  }
}
