import Collectives
import Diagnostics
import Files
import Models
import Training

/// `lockstep fill-mask`: what a model would put in place of masks.
struct FillMaskCommand: Command {
  static let name = "fill-mask"
  static let summary = "Show what a model puts in place of [MASK]"
  static let usage = [
    " --model DIR [options] \"TEXT with [MASK]\" …",
    " --model DIR [options] - < FILE",
  ]
  static let notes = [
    "Every text may have several masks. '-' reads texts from standard input, one a line. Scores are"
      + " probabilities of single tokens; '##' begins a token that continues a word."
  ]

  var model: String?
  var revision: String?
  var topCount = 5
  var threads: Int?
  var isJSON = false
  var texts: [String] = []

  static var optionGroups: [OptionGroup<FillMaskCommand>] {
    [
      OptionGroup(
        "Options",
        [
          .text(
            "model", "DIR|NAME", \.model,
            "folder of the model and its tokenizer, or their name on the hub"),
          .revision(\.revision),
          .integer("top-k", "N", \.topCount, "answers for each mask (5)"),
          .flag("json", \.isJSON, "print one JSON object a text"),
          .integer("threads", "N", \.threads, "threads (all cores)"),
        ])
    ]
  }

  mutating func accept(operand: String) -> String? {
    texts.append(operand)
    return nil
  }

  func problems() -> [String] {
    var problems: [String] = []
    if model == nil { problems.append("--model is missing: --model DIR") }
    if texts.isEmpty { problems.append("there is no text: give one with [MASK] in it, or '-'") }
    var ranges = RangeProblems()
    ranges.check("top-k", topCount, in: 1...1_000)
    ranges.check("threads", threads, in: 1...1_024)
    return problems + ranges.sentences
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    world.phase = "filling of masks"
    try ThreadShare.configure(threads, on: world)
    let finished = try FinishedModel.pretrained(
      model ?? "", revision: revision, on: world,
      console: world.isRoot ? .standardError() : .silent())
    world.phase = "filling of masks"
    try world.onRoot("filling of masks") { heartbeat in
      let filler = try MaskFiller(
        model: finished.model, tokenizer: finished.tokenizer,
        longestSequence: finished.model.configuration.longestSequence)
      for text in texts {
        guard text == "-" else {
          try show(filler.answers(for: text, count: topCount), for: text)
          continue
        }
        while let line = readLine() {
          try heartbeat.beat()
          guard line.contains(where: { !$0.isWhitespace }) else { continue }
          try show(filler.answers(for: line, count: topCount), for: line)
        }
      }
    }
    return nil
  }

  private func show(_ answers: [[MaskFiller.Answer]], for text: String) throws {
    guard !isJSON else {
      let masks = answers.map { JSON($0.map(json)) }
      let line = JSON([("text", JSON(text)), ("masks", JSON(masks))]).serialized()
      return try Output.show(String(decoding: line, as: UTF8.self) + "\n")
    }
    var lines = [String(displaying: text.utf8, limit: 500)]
    for (index, choices) in answers.enumerated() {
      if answers.count > 1 { lines.append("  mask \(index + 1)") }
      lines += choices.map { choice in
        "  " + NumberText.fixed(choice.probability, 4) + "  "
          + String(displaying: choice.token.utf8)
      }
    }
    try Output.show(lines.joined(separator: "\n") + "\n")
  }

  /// An answer with the names that users of Transformers know.
  private func json(_ answer: MaskFiller.Answer) -> JSON {
    JSON([
      ("score", JSON(answer.probability)), ("token", JSON(Int(answer.id))),
      ("token_str", JSON(answer.token)), ("sequence", JSON(answer.text)),
    ])
  }
}
