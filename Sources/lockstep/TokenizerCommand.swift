import Collectives
import Diagnostics
import Files
import Tokenizers
import Tokens

/// `lockstep tokenizer`: learns vocabularies, and turns texts into tokens and back.
struct TokenizerCommand: Command {
  static let name = "tokenizer"
  static let summary = "Learn a vocabulary; turn texts into tokens, and tokens into texts"
  static let usage = [
    " train --input TEXT… --output DIR [options]",
    " encode --tokenizer PATH --input TEXTS --output IDS",
    " decode --tokenizer PATH --input IDS --output TEXTS",
  ]
  static let notes = [
    "train reads UTF-8 text and writes DIR/tokenizer.json, which Hugging Face tokenizers opens too; it"
      + " replaces none. Of 'bpe' the letters are bytes. The same text gives the same file on any number of"
      + " ranks and threads.",
    "encode reads lines of JSON with 'text' and writes {i, ids, offsets, special_tokens_mask}; decode reads"
      + " lines with 'ids' and writes {i, text}. 'i' is that of the input, or the line counted from 0."
      + " Offsets count Unicode scalars: the start and the end of each token.",
  ]

  private enum Action: String, CaseIterable {
    case train, encode, decode
  }

  private var action: Action?
  var tokenizer: String?
  var inputs: [String] = []
  var output: String?
  var leavesOutSpecialTokens = false
  var keepsSpecialTokens = false
  var training = TokenizerTraining()

  static var optionGroups: [OptionGroup<TokenizerCommand>] {
    [
      OptionGroup(
        "Options",
        [
          .text(
            "tokenizer", "PATH", \.tokenizer,
            "encode, decode: folder, tokenizer.json, vocab.txt, vocab.json beside merges.txt, or"
              + " spiece.model"),
          .texts("input", "FILE", \.inputs, "train: text files; else one JSON object a line"),
          .text("output", "PATH", \.output, "train: a folder; else a file, written anew"),
          .flag(
            "no-special-tokens", \.leavesOutSpecialTokens,
            "encode: add none around the texts"),
          .flag(
            "keep-special-tokens", \.keepsSpecialTokens,
            "decode: write out those that stand for no text"),
        ]),
      OptionGroup(
        "Options of train",
        [
          .choice("kind", \.training.kind, "what is learnt (wordpiece)"),
          .integer(
            "vocabulary-size", "N", \.training.vocabularySize,
            "how many tokens, special ones included (8192)"),
          .integer(
            "minimum-frequency", "N", \.training.minimumFrequency,
            "wordpiece, bpe: how often a pair must occur to be joined (1)"),
          .flag(
            "lowercase", \.training.lowercases,
            "wordpiece: lowercase text and strip its accents"),
          .integer(
            "threads", "N", \.training.threads, "threads of a rank (cores / ranks here)"),
        ]),
    ]
  }

  mutating func accept(operand: String) -> String? {
    guard action == nil else { return "'\(operand)' is not expected: \(Self.actions), once" }
    action = Action(rawValue: operand)
    return action == nil
      ? "'\(operand)' is not known: \(Self.actions)"
        + suggestionText(for: operand, among: Action.allCases.map(\.rawValue)) : nil
  }

  private static let actions = "train, encode or decode"

  func problems() -> [String] {
    var problems: [String] = []
    if action == nil { problems.append("what to do is missing: \(Self.actions)") }
    if action == .train {
      problems += training.problems
      if tokenizer != nil { problems.append("--tokenizer: train makes one and takes none") }
    } else {
      if tokenizer == nil { problems.append("--tokenizer is missing: --tokenizer PATH") }
      if inputs.count > 1 {
        problems.append("--input \(inputs[1]): only train takes several files")
      }
      if action != nil, training != TokenizerTraining() {
        problems.append("options of train are given: '\(action?.rawValue ?? "")' has none of them")
      }
    }
    if inputs.isEmpty { problems.append("--input is missing: --input FILE") }
    if output == nil { problems.append("--output is missing: --output PATH") }
    if let output, inputs.contains(output) {
      problems.append("--output \(output): must not be the input")
    }
    if let action, action != .encode, leavesOutSpecialTokens {
      problems.append("--no-special-tokens: only encode adds any")
    }
    if let action, action != .decode, keepsSpecialTokens {
      problems.append("--keep-special-tokens: only decode leaves any out")
    }
    return problems
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    if action == .train {
      try training.run(inputs: inputs, output: output ?? "", on: world)
    } else {
      try translate(on: world)
    }
    return nil
  }

  private func translate(on world: any Communicator) throws {
    let word = action?.rawValue ?? ""
    try world.onRoot("tokenizer \(word)") { heartbeat in
      let tokenizer = try Tokenizer.load(tokenizer ?? "")
      let lines = try JSONLines(inputs.first ?? "")
      try File.replaceDurably(output ?? "", beat: heartbeat.beat) { writer in
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
