import Collectives
import Diagnostics
import Training

/// `lockstep train`: text in, a trained model out.
struct TrainCommand: Command {
  static let name = "train"
  static let summary = "Train a masked language model from text, alone or under mpirun"
  static let usage = [
    " --data FILES… --output DIR [options]",
    " --data FILES… --output DIR [options] --resume",
  ]
  static let notes = [
    "The finished model lies in DIR/model and opens in Transformers as it is. The same settings give"
      + " the same bits for any number of ranks and threads and for any number of interruptions;"
      + " SIGINT, SIGTERM and SIGUSR1 save the state and end with exit code 75.",
    "Tokens are kept for the next start in LOCKSTEP_CACHE, else in XDG_CACHE_HOME/lockstep or"
      + " HOME/.cache/lockstep; LOCKSTEP_CACHE=none keeps them in memory only.",
  ]

  static let foreignOptions = [
    (
      name: "gradient-accumulation-steps",
      advice: "accumulation is --global-batch-size / (--micro-batch-size x ranks)"
    ),
    (name: "per-device-train-batch-size", advice: "it is --micro-batch-size here"),
    (name: "save-total-limit", advice: "it is --keep here"),
    (name: "max-grad-norm", advice: "it is --clip-norm here"),
    (name: "mlm-probability", advice: "it is --mask-probability here"),
    (name: "fp16", advice: "there is --precision bf16"),
    (name: "bf16", advice: "it is --precision bf16 here"),
  ]

  var arguments = TrainingArguments()
  var isDryRun = false

  static var optionGroups: [OptionGroup<TrainCommand>] {
    [data, model, optimization, run]
  }

  private static var data: OptionGroup<TrainCommand> {
    OptionGroup(
      "Data",
      [
        .texts(
          "data", "FILE", \.arguments.data,
          "text files; without any the run trains on the embedded invented language"),
        .number(
          "validation-fraction", "X", \.arguments.validationFraction,
          "held-out share of the samples (0.05)"),
        .integer("block-size", "N", \.arguments.blockSize, "tokens in a sample (128)"),
        .number(
          "mask-probability", "X", \.arguments.maskProbability,
          "share of the tokens to predict (0.15)"),
        .text(
          "tokenizer", "PATH", \.arguments.tokenizer,
          "tokenizer.json, its folder or a name on the hub; without it the model's own or"
            + " one that is learnt from the data"),
        .integer(
          "vocabulary-size", "N", \.arguments.vocabularySize, "size of a learnt vocabulary (8192)"),
      ])
  }

  private static var model: OptionGroup<TrainCommand> {
    OptionGroup(
      "Model",
      [
        .text(
          "model", "NAME|PATH", \.arguments.model,
          "micro, tiny, mini, small, distil, base or a config.json; to train weights further"
            + " their folder or name on the hub (mini)"),
        .revision(\.arguments.revision),
        .text(
          "config-overrides", "K=V,…", \.arguments.configOverrides,
          "settings of the model's config.json to change, such as"
            + " hidden_size=192,num_hidden_layers=3"),
        .number(
          "dropout", "X", \.arguments.dropout, "dropout probability (as the model says: 0.1)"),
      ])
  }

  private static var optimization: OptionGroup<TrainCommand> {
    OptionGroup(
      "Optimization",
      [
        .integer("epochs", "N", \.arguments.epochs, "passes over the data (3)"),
        .integer("steps", "N", \.arguments.steps, "optimizer steps, instead of epochs"),
        .integer(
          "micro-batch-size", "N", \.arguments.microBatchSize,
          "samples that a rank computes at once (8)"),
        .flag(
          "recompute", \.arguments.recompute,
          "keep no activations inside of layers: less memory, more time, the same bits"),
        .integer(
          "global-batch-size", "N", \.arguments.globalBatchSize,
          "samples of a step over all ranks (64)"),
        .number(
          "learning-rate", "X", \.arguments.learningRate,
          "highest learning rate (5e-4; 1e-4 for widths above 512)"),
        .integer(
          "warmup-steps", "N", \.arguments.warmupSteps,
          "steps in which it rises; then it falls to 0 (6 % of all)"),
        .number(
          "weight-decay", "X", \.arguments.weightDecay,
          "decay of weights, not of biases and norms (0.01)"),
        .number("clip-norm", "X", \.arguments.clipNorm, "highest gradient norm; 0 for any (1.0)"),
        .choice(
          "precision", \.arguments.precision,
          "of matrix products: fp32, bf16 or what is faster here, auto (fp32)"),
        .choice(
          "loss-normalization", \.arguments.lossNormalization,
          "mean over all masked tokens of a step, or over micro-batches of their means (tokens)"),
        .choice(
          "parity", \.arguments.parity,
          "order and masks of samples as a PyTorch loop draws them: hf (none)"),
        .seed("seed", "N", \.arguments.seed, "where every random choice comes from (42)"),
      ])
  }

  private static var run: OptionGroup<TrainCommand> {
    OptionGroup(
      "Run",
      [
        .text("output", "DIR", \.arguments.output, "where the run is kept (lockstep-run)"),
        .flag("resume", \.arguments.resume, "go on from the last checkpoint in DIR"),
        .flag(
          "dry-run", \.isDryRun,
          "train and write nothing; print what would happen and the memory it takes"),
        .integer("threads", "N", \.arguments.threads, "threads of a rank (cores / ranks here)"),
        .integer("log-every", "N", \.arguments.logEvery, "steps between log lines (10)"),
        .integer(
          "evaluate-every", "N", \.arguments.evaluateEvery,
          "steps between evaluations; 0 for the end only (each epoch)"),
        .integer(
          "save-every", "N", \.arguments.saveEvery,
          "steps between checkpoints; 0 for the end only (500)"),
        .integer("keep", "N", \.arguments.keep, "checkpoints that are kept (3)"),
        .byteCount(
          "max-shard-size", "SIZE", \.arguments.maxShardSize,
          "most weights in a file, such as 5GB; more go to several (one file)"),
        .flag(
          "profile", \.arguments.profile,
          "show where the time of 20 steps goes; DIR/profile has a trace for Perfetto"),
      ])
  }

  func problems() -> [String] {
    arguments.problems()
      + (isDryRun && arguments.resume
        ? ["--dry-run looks into no output folder: leave --resume out"] : [])
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    let console = world.isRoot ? Console.standardError() : .silent()
    if isDryRun {
      let run = try DryRun(arguments, on: world, console: console)
      if world.isRoot { try Output.show(run.lines.joined(separator: "\n") + "\n") }
      try run.requireMemory()
      return nil
    }
    let outcome = try TrainRun(arguments, on: world, console: console).train()
    return outcome.isComplete ? nil : .tryAgain
  }
}
