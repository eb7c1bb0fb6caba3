public import DataParallel

/// Everything a training run is told: what to train on, how, and what to keep.
///
/// An option of the command line has the name of its property in kebab case.
public struct TrainingArguments: Sendable, Equatable {
  // MARK: Data

  /// The text files; without any the run trains on the embedded invented language.
  public var data: [String] = []
  /// The share of the samples that is held out for evaluation.
  public var validationFraction: Double = 0.05
  /// The number of tokens in a sample, `[CLS]` and `[SEP]` included.
  public var blockSize: Int = 128
  /// The probability with which a token is masked, that is: has to be predicted.
  public var maskProbability: Double = 0.15

  // MARK: Model

  /// A named size (`tiny`, `mini`, `small`, `distil`, `base`) or the path of a config.json, for fresh
  /// weights; or a folder or a name on the hub, whose weights are trained further.
  public var model: String = "mini"
  /// The branch, tag or commit of a model from the hub; nil stands for `main`.
  public var revision: String?
  /// The folder or file of a tokenizer.json, or a name on the hub; without it the one of the model that
  /// training begins with, or else a vocabulary that is learnt from the data.
  public var tokenizer: String?
  /// Settings of the model's configuration to change, `key=value,…` with the keys of config.json.
  public var configOverrides: String?
  /// The size of the vocabulary to learn; nil stands for 8,192 or the size in the config.json.
  public var vocabularySize: Int?
  /// The dropout probability; nil leaves what the model's configuration says.
  public var dropout: Double?

  // MARK: Optimization

  /// How often every sample is seen; nil stands for 3, unless `steps` says when to end.
  public var epochs: Int?
  /// The number of optimizer steps; nil leaves it to `epochs`.
  public var steps: Int?
  /// The samples that are computed at once by a rank.
  public var microBatchSize: Int = 8
  /// Whether activations inside of layers are dropped and computed again in the backward pass: less
  /// memory for longer sequences, more time, the same bits.
  public var recompute: Bool = false
  /// The samples of one optimizer step, over all ranks: a multiple of `microBatchSize`.
  public var globalBatchSize: Int = 64
  /// The highest learning rate of the schedule; nil stands for `defaultLearningRate`.
  public var learningRate: Double?
  /// The steps in which the learning rate rises; nil stands for 6 % of all steps.
  public var warmupSteps: Int?
  /// AdamW's decay of weights (not of biases and normalizations).
  public var weightDecay: Double = 0.01
  /// The gradient norm above which gradients are scaled down; 0 never does.
  public var clipNorm: Double = 1
  /// What matrix products are computed in.
  public var precision = PrecisionChoice.fp32
  /// What the loss and the gradient of a step are means of.
  public var lossNormalization = LossNormalization.tokens
  /// Whose order and masks of samples the run repeats.
  public var parity = Parity.none
  /// The number from which every random choice of the run follows.
  public var seed: UInt64 = 42

  // MARK: Run

  /// The folder that holds the run.
  public var output: String = "lockstep-run"
  /// The threads of a rank; nil shares the machine's cores among its ranks.
  public var threads: Int?
  /// The steps between two lines of the log.
  public var logEvery: Int = 10
  /// The steps between two evaluations; nil evaluates at the end of every epoch, 0 at the end only.
  public var evaluateEvery: Int?
  /// The steps between two checkpoints; 0 writes one at the end only.
  public var saveEvery: Int = 500
  /// The number of checkpoints that are kept.
  public var keep: Int = 3
  /// The most bytes of weights in a file of the model; beyond it they go to several and an index.
  ///
  /// Nil writes one file.
  public var maxShardSize: Int?
  /// Whether to record what steps spend their time on; changes no result.
  public var profile: Bool = false
  /// Whether to go on from the last checkpoint in `output`, if there is one.
  public var resume: Bool = false

  /// Another program's random choices.
  public enum Parity: String, Sendable, CaseIterable {
    /// Lockstep's own.
    case none
    /// Those of a loop in PyTorch with Transformers' collator, after `torch.manual_seed(seed)`.
    case hf
  }

  /// Arguments that serve without any change.
  public init() {}
}

extension TrainingArguments {
  /// The number of epochs if neither `epochs` nor `steps` is given.
  public static let defaultEpochs = 3
  /// The size of a learnt vocabulary if none is given.
  public static let defaultVocabularySize = 8_192
  /// The share of all steps that warms up if `warmupSteps` is not given.
  public static let defaultWarmupFraction = 0.06

  /// The learning rate that is taken if none is given: 5e-4 up to a width of 512, above that 1e-4.
  ///
  /// Small models learn faster and bear it; wide ones with normalization behind the sum diverge.
  public static func defaultLearningRate(hiddenSize: Int) -> Double {
    hiddenSize <= 512 ? 5e-4 : 1e-4
  }

  /// The micro-batches of a full step: the V of the fixed summation tree.
  public var microBatchesPerStep: Int { globalBatchSize / max(microBatchSize, 1) }

  /// The warm-up of a run with that many steps: at least 1 step by default, never all of them.
  public func resolvedWarmupSteps(of stepCount: Int) -> Int {
    let steps = warmupSteps ?? Int((Double(stepCount) * Self.defaultWarmupFraction).rounded(.up))
    return min(steps, max(stepCount - 1, 0))
  }
}
