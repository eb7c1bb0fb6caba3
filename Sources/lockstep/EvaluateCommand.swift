import Collectives
import Diagnostics
import Training

/// `lockstep evaluate`: how well a model predicts the masked tokens of a text.
struct EvaluateCommand: Command {
  static let name = "evaluate"
  static let summary = "Measure a model's loss, perplexity and accuracy on text"
  static let usage = [" --model DIR --data FILES… [options]"]
  static let notes = [
    "Every token weighs the same and the masks are a function of the seed, so the numbers do not"
      + " depend on the batch size. Unigram is the loss of guessing by the text's own frequencies."
  ]

  var arguments = EvaluationArguments()
  var isJSON = false

  static var optionGroups: [OptionGroup<EvaluateCommand>] {
    [
      OptionGroup(
        "Options",
        [
          .text(
            "model", "DIR|NAME", \.arguments.model,
            "folder of the model and its tokenizer, or their name on the hub"),
          .revision(\.arguments.revision),
          .texts("data", "FILE", \.arguments.data, "text files"),
          .integer(
            "block-size", "N", \.arguments.blockSize,
            "tokens in a sample (128, or what the model takes)"),
          .integer(
            "micro-batch-size", "N", \.arguments.microBatchSize, "samples computed at once (8)"),
          .number(
            "mask-probability", "X", \.arguments.maskProbability,
            "share of the tokens to predict (0.15)"),
          .seed("seed", "N", \.arguments.seed, "where the masks come from (42)"),
          .integer("threads", "N", \.arguments.threads, "threads (all cores)"),
          .flag("json", \.isJSON, "print one JSON object"),
        ])
    ]
  }

  func problems() -> [String] { arguments.problems() }

  func run(on world: any Communicator) throws -> ExitCode? {
    let console = world.isRoot ? Console.standardError() : .silent()
    let evaluation = try EvaluationRun.run(arguments, on: world, console: console)
    guard world.isRoot else { return nil }
    try Output.show(isJSON ? evaluation.json + "\n" : evaluation.summary + "\n")
    return nil
  }
}
