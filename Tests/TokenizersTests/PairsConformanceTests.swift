import Files
import Testing
import Tokenizers
import Tokens

/// Pairs of texts, cut and filled up, compared with golden files; `make conformance` says where they are.
@Suite("Pairs conformance", .enabled(if: SharedData.folder != nil))
struct PairsConformanceTests {
  @Test(arguments: [
    "albert-base-v2", "bert-base-multilingual-cased", "bert-base-uncased", "minilm-l6-v2",
    "roberta-base", "xlnet-base-cased",
  ])
  func everyGoldenLineIsEqual(_ name: String) throws {
    let shared = try #require(SharedData.folder)
    let tokenizer = try Tokenizer.load("\(shared)/data/tokenizers/\(name)")
    let lines = try SharedData.lines("\(shared)/data/golden/pairs/\(name).jsonl")
    #expect(lines.count == 60)
    for (number, line) in lines.enumerated() { try compare(line, tokenizer, "\(name) \(number)") }
    print("\(name): \(lines.count) lines compared")
  }

  private func compare(_ line: JSONCursor, _ tokenizer: Tokenizer, _ name: String) throws {
    let parameters = try line.member("params")
    let isFromFile = try parameters.optionalBool("from_file") ?? false
    let way: () throws -> [ShapedEncoding] = {
      try tokenizer.encode(
        line.member("a").bytes(), pairedWith: line.optionalMember("b")?.bytes(),
        truncation: isFromFile ? tokenizer.truncation : Self.truncation(parameters),
        padding: isFromFile ? tokenizer.padding : Self.padding(parameters, tokenizer),
        addSpecialTokens: parameters.bool("add_special_tokens"))
    }
    guard try line.optionalMember("error") == nil else {
      #expect(throws: TokenizerError.self, "\(name)") { try way() }
      return
    }
    let found = try way()
    let first = try #require(found.first)
    #expect(first.encoding.ids.map(Int.init) == (try line.ints("ids")), "\(name): ids")
    #expect(first.encoding.typeIDs.map(Int.init) == (try line.ints("type_ids")), "\(name): types")
    #expect(
      first.attentionMask.map(Int.init) == (try line.ints("attention_mask")), "\(name): attention")
    let mask = first.encoding.specialTokensMask.map { $0 == 0 ? "0" : "1" }.joined()
    #expect(mask == (try line.string("special_tokens_mask")), "\(name): mask")
    let offsets = first.encoding.offsets.flatMap { [$0.lowerBound, $0.upperBound] }
    #expect(offsets == (try line.ints("offsets")), "\(name): offsets")
    let rest = try line.elements("overflow_ids").map { try $0.elements().map { try $0.int() } }
    #expect(found.dropFirst().map { $0.encoding.ids.map(Int.init) } == rest, "\(name): the rest")
  }

  private static func truncation(_ json: JSONCursor) throws -> Truncation? {
    guard let length = try json.optionalInt("max_length") else { return nil }
    let strategies: [String: Truncation.Strategy] = [
      "longest_first": .longestFirst, "only_first": .onlyFirst, "only_second": .onlySecond,
    ]
    return Truncation(
      maximumLength: length, strategy: try #require(strategies[json.string("strategy")]),
      stride: try json.int("stride"), cutsLeft: try json.string("truncation_direction") == "left")
  }

  private static func padding(_ json: JSONCursor, _ tokenizer: Tokenizer) throws -> Padding? {
    guard let pad = try json.optionalMember("pad") else { return nil }
    return Padding(
      length: pad.value.int, multiple: try json.optionalInt("pad_to_multiple_of"),
      fillsLeft: try json.string("padding_direction") == "left",
      id: try #require(["[PAD]", "<pad>"].compactMap { tokenizer.id(of: $0) }.first))
  }
}
