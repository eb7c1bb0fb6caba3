public import Collectives
import Datasets
import Files
import Models
import Tokenizers

/// What `lockstep demo` does: a whole run on the invented language, and a look at what was learnt.
public struct Demonstration {
  /// The folder that holds the run.
  public var output: String
  /// The number from which every random choice follows.
  public var seed: UInt64
  /// The threads of a rank; nil shares the machine's cores among its ranks.
  public var threads: Int?

  private static let purpose = "demo"
  private static let sentencesPerRule = 100
  private static let filledCount = 5

  /// A demonstration that keeps its run in `output`.
  public init(output: String, seed: UInt64, threads: Int?) {
    self.output = output
    self.seed = seed
    self.threads = threads
  }

  /// The settings of the run, chosen so that two cores need about a minute.
  public var arguments: TrainingArguments {
    var arguments = TrainingArguments()
    arguments.output = output
    arguments.seed = seed
    arguments.threads = threads
    arguments.model = "micro"
    arguments.vocabularySize = 1_000
    arguments.blockSize = 32
    arguments.microBatchSize = 8
    arguments.globalBatchSize = 64
    arguments.learningRate = 4e-3
    arguments.dropout = 0
    arguments.steps = 3_500
    arguments.logEvery = 250
    arguments.evaluateEvery = 0
    arguments.saveEvery = 0
    return arguments
  }

  /// Trains and shows what came of it; all ranks must call it.
  ///
  /// - Parameters:
  ///   - world: the ranks.
  ///   - console: where to show progress; only rank 0's is used.
  ///   - show: takes the lines of the result, on rank 0.
  /// - Returns: how the training ended, the same on every rank.
  /// - Throws: what keeps the run from going on, on every rank.
  public func run(
    on world: any Communicator, console: Console, show: (String) throws -> Void
  ) throws -> TrainingOutcome {
    try world.onRoot("removal of an earlier demo") { _ in try removeEarlierRun() }
    let run = try TrainRun(
      arguments, on: world, console: console, purpose: Self.purpose,
      continuation: "a demo begins anew: start it again")
    let outcome = try run.train()
    guard outcome.isComplete else { return outcome }
    world.phase = "look at what was learnt"
    try world.onRoot("look at what was learnt") { heartbeat in
      if let evaluation = outcome.evaluation {
        try show("held-out text: " + evaluation.summary)
      }
      let filler = try MaskFiller(
        model: run.trainer.model, tokenizer: run.tokenizer,
        longestSequence: arguments.blockSize)
      let language = InventedLanguage()
      let report = try LanguageReport(
        of: language, asking: filler, tokenizer: run.tokenizer,
        sentencesPerRule: Self.sentencesPerRule, answered: heartbeat.beat)
      try show("")
      try show("Hidden words of new sentences, rule by rule (best: the best that is possible)")
      for line in report.table { try show("  " + line) }
      try show("")
      for probe in examples(of: language) {
        let answers = try filler.answers(for: probe.text(), count: 1)
        try show(probe.text())
        for answer in answers.compactMap(\.first) {
          try show(
            "  \(answer.token) (\(NumberText.fixed(answer.probability * 100, 0)) %), it was "
              + probe.answer)
        }
      }
      try show("")
      try show("The model is in \(run.modelPath). Try it:")
      if let probe = examples(of: language).last {
        try show("  lockstep fill-mask --model \(run.modelPath) \"\(probe.text())\"")
      }
    }
    return outcome
  }

  /// Sentences of different rules in which only one word fits.
  private func examples(of language: InventedLanguage) -> [InventedLanguage.Probe] {
    let probes = language.probes(perRule: Self.sentencesPerRule)
    let determined = language.ruleNames.compactMap { rule in
      probes.first { $0.rule == rule && $0.prediction.isDetermined }
    }
    return Array(determined.suffix(Self.filledCount))
  }

  /// Removes the folder if an earlier demo wrote it; anything else is left for the run to refuse.
  private func removeEarlierRun() throws {
    let record = output + "/run.json"
    guard File.exists(record), let purpose = try? JSONCursor.read(record).optionalString("purpose"),
      purpose == Self.purpose
    else { return }
    try Folder.removeTree(output)
  }
}
