import Collectives
import Diagnostics
import Training

/// `lockstep demo`: a whole run within a minute, on a language whose rules are known.
struct DemoCommand: Command {
  static let name = "demo"
  static let summary = "Train a small model on an invented language within a minute"
  static let usage = [" [options]"]
  static let notes = [
    "The language has about 400 words and ten rules, so the best that any model can reach is known:"
      + " the demo shows how near this one came, rule by rule."
  ]

  var output = "lockstep-demo"
  var seed: UInt64 = 42
  var threads: Int?

  static var optionGroups: [OptionGroup<DemoCommand>] {
    [
      OptionGroup(
        "Options",
        [
          .text(
            "output", "DIR", \.output,
            "where the run is kept; an earlier demo there is replaced (lockstep-demo)"),
          .seed("seed", "N", \.seed, "where every random choice comes from (42)"),
          .integer("threads", "N", \.threads, "threads of a rank (cores / ranks here)"),
        ])
    ]
  }

  func problems() -> [String] {
    var ranges = RangeProblems()
    ranges.check("threads", threads, in: 1...1_024)
    return ranges.sentences
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    let console = world.isRoot ? Console.standardError() : .silent()
    let outcome = try Demonstration(output: output, seed: seed, threads: threads)
      .run(on: world, console: console) { try Output.show($0 + "\n") }
    return outcome.isComplete ? nil : .tryAgain
  }
}
