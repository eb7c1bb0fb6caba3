import Collectives
import Diagnostics
import Files
import Tokenizers
import Tokens

/// `lockstep tokenizer`: turns texts into tokens, and tokens into texts.
struct TokenizerCommand: Command {
  static let name = "tokenizer"
  static let summary = "Turn texts into tokens, and tokens into texts"
  static let usage = [
    " encode --tokenizer PATH --input TEXTS --output IDS",
    " decode --tokenizer PATH --input IDS --output TEXTS",
  ]
  static let notes = [
    "encode reads lines of JSON with 'text' and writes {i, ids, offsets, special_tokens_mask}; decode reads"
      + " lines with 'ids' and writes {i, text}. 'i' is that of the input, or the line counted from 0."
      + " Offsets count Unicode scalars: the start and the end of each token."
  ]

  private enum Action: String, CaseIterable {
    case encode, decode
  }

  private var action: Action?
  var tokenizer: String?
  var input: String?
  var output: String?
  var leavesOutSpecialTokens = false
  var keepsSpecialTokens = false

  static var optionGroups: [OptionGroup<TokenizerCommand>] {
    [
      OptionGroup(
        "Options",
        [
          .text(
            "tokenizer", "PATH", \.tokenizer,
            "folder, tokenizer.json, vocab.txt, vocab.json beside merges.txt, or spiece.model"),
          .text("input", "FILE", \.input, "one JSON object a line"),
          .text("output", "FILE", \.output, "written anew"),
          .flag(
            "no-special-tokens", \.leavesOutSpecialTokens,
            "encode: add none around the texts"),
          .flag(
            "keep-special-tokens", \.keepsSpecialTokens,
            "decode: write out those that stand for no text"),
        ])
    ]
  }

  mutating func accept(operand: String) -> String? {
    guard action == nil else { return "'\(operand)' is not expected: encode or decode, once" }
    action = Action(rawValue: operand)
    return action == nil
      ? "'\(operand)' is not known: encode or decode"
        + suggestionText(for: operand, among: Action.allCases.map(\.rawValue)) : nil
  }

  func problems() -> [String] {
    var problems: [String] = []
    if action == nil { problems.append("what to do is missing: encode or decode") }
    if tokenizer == nil { problems.append("--tokenizer is missing: --tokenizer PATH") }
    if input == nil { problems.append("--input is missing: --input FILE") }
    if output == nil { problems.append("--output is missing: --output FILE") }
    if let input, input == output { problems.append("--output \(input): must not be the input") }
    if action == .decode, leavesOutSpecialTokens {
      problems.append("--no-special-tokens: only encode adds any")
    }
    if action == .encode, keepsSpecialTokens {
      problems.append("--keep-special-tokens: only decode leaves any out")
    }
    return problems
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    let word = action?.rawValue ?? ""
    try world.onRoot("tokenizer \(word)") { heartbeat in
      let tokenizer = try Tokenizer.load(tokenizer ?? "")
      let (input, output) = (input ?? "", output ?? "")
      let lines = try JSONLines(input)
      try File.replaceDurably(output, beat: heartbeat.beat) { writer in
        try lines.forEach { number, line in
          let place = try line.optionalMember("i")?.value ?? JSON(number)
          let result =
            action == .encode
            ? try encoded(line, place, tokenizer) : try decoded(line, place, tokenizer)
          try writer.write(result.serialized() + [0x0A])
          if number % 1_000 == 0 { try heartbeat.beat() }
        }
      }
    }
    return nil
  }

  private func encoded(_ line: JSONCursor, _ place: JSON, _ tokenizer: Tokenizer) throws -> JSON {
    let encoding = tokenizer.encode(
      try line.member("text").bytes(), addSpecialTokens: !leavesOutSpecialTokens)
    return [
      "i": place, "ids": JSON(encoding.ids.map { JSON($0) }),
      "offsets": JSON(encoding.offsets.map { [JSON($0.lowerBound), JSON($0.upperBound)] }),
      "special_tokens_mask": JSON(encoding.specialTokensMask.map { JSON($0) }),
    ]
  }

  private func decoded(_ line: JSONCursor, _ place: JSON, _ tokenizer: Tokenizer) throws -> JSON {
    let ids = try line.elements("ids").map { element in
      guard let id = TokenID(exactly: try element.int()), tokenizer.token(of: id) != nil else {
        throw element.mismatch(expected: "the number of a token of this tokenizer")
      }
      return id
    }
    return [
      "i": place, "text": JSON(tokenizer.decode(ids, keepingSpecialTokens: keepsSpecialTokens)),
    ]
  }
}
