import Collectives
import Datasets
import Diagnostics
import Files
import Tokenizers
import Training

/// `lockstep benchmark-tokenizer`: times the encoding of text, for the Benchmarks folder.
struct BenchmarkTokenizerCommand: Command {
  static let name = "benchmark-tokenizer"
  static let summary = "Time the encoding of text lines"
  static let usage = [" --tokenizer FILE [options] FILES…"]
  static let notes = [
    "The lines are in memory before a round begins, and each round begins with a tokenizer that has"
      + " seen nothing yet. Special tokens are not added."
  ]

  var tokenizer: String?
  var threadCount = 1
  var roundCount = 5
  var isJSON = false
  var files: [String] = []

  static var optionGroups: [OptionGroup<BenchmarkTokenizerCommand>] {
    [
      OptionGroup(
        "Options",
        [
          .text("tokenizer", "FILE", \.tokenizer, "tokenizer.json or vocab.txt"),
          .integer("threads", "N", \.threadCount, "threads (1)"),
          .integer("rounds", "N", \.roundCount, "how often everything is encoded (5)"),
          .flag("json", \.isJSON, "print one JSON object"),
        ])
    ]
  }

  mutating func accept(operand: String) -> String? {
    files.append(operand)
    return nil
  }

  func problems() -> [String] {
    var problems: [String] = []
    if tokenizer == nil { problems.append("--tokenizer is missing: --tokenizer FILE") }
    if files.isEmpty { problems.append("there is no text: give at least one file") }
    var ranges = RangeProblems()
    ranges.check("threads", threadCount, in: 1...1_024)
    ranges.check("rounds", roundCount, in: 1...1_000)
    return problems + ranges.sentences
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    try world.onRoot("encoding of text") { heartbeat in
      let benchmark = try TokenizerBenchmark(paths: files)
      var rounds: [TokenizerBenchmark.Round] = []
      for _ in 0..<roundCount {
        rounds.append(
          benchmark.run(try Tokenizer.load(tokenizer ?? ""), threadCount: threadCount))
        try heartbeat.beat()
      }
      try Output.show(isJSON ? json(benchmark, rounds) : summary(benchmark, rounds))
    }
    return nil
  }

  private func json(
    _ benchmark: TokenizerBenchmark, _ rounds: [TokenizerBenchmark.Round]
  ) -> String {
    let line = JSON([
      ("bytes", JSON(benchmark.byteCount)), ("tokens", JSON(rounds[0].tokenCount)),
      ("threads", JSON(threadCount)), ("seconds", JSON(rounds.map { JSON($0.seconds) })),
    ])
    return String(decoding: line.serialized(), as: UTF8.self) + "\n"
  }

  private func summary(
    _ benchmark: TokenizerBenchmark, _ rounds: [TokenizerBenchmark.Round]
  ) -> String {
    let seconds = rounds.map(\.seconds).min() ?? .nan
    let (bytes, tokens) = (Double(benchmark.byteCount), Double(rounds[0].tokenCount))
    return "\(NumberText.fixed(bytes / 1e6, 1)) MB, "
      + "\(NumberText.counted(rounds[0].tokenCount, "token")), "
      + "\(NumberText.counted(threadCount, "thread")): "
      + "\(NumberText.fixed(bytes / 1e6 / seconds, 1)) MB/s, "
      + "\(NumberText.fixed(tokens / 1e6 / seconds, 2)) million tokens/s in the fastest of "
      + "\(NumberText.counted(roundCount, "round"))\n"
  }
}
