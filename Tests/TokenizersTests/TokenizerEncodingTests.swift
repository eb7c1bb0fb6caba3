import Files
import Synchronization
import Testing
import Tokenizers
import Tokens

@Suite struct TokenizerEncodingTests {
  @Test(arguments: ["uncased", "cased", "bytelevel", "unigram"])
  func encodingsEqualTheReferences(_ name: String) throws {
    let tokenizer = try Fixture.tokenizer(name + ".json")
    let lines = try Fixture.lines(name + ".jsonl")
    #expect(lines.count > 180)
    for line in lines {
      let text = try line.member("text").bytes()
      let encoding = tokenizer.encode(text)
      let shown = String(displaying: text)
      #expect(encoding.ids.map(Int.init) == (try line.ints("ids")), "\(shown)")
      let offsets = encoding.offsets.flatMap { [$0.lowerBound, $0.upperBound] }
      #expect(offsets == (try line.ints("offsets")), "\(shown)")
      let mask = encoding.specialTokensMask.map(Int.init)
      #expect(mask == (try line.ints("special_tokens_mask")), "\(shown)")
      let last: TokenID = name == "unigram" ? 2 : 0
      #expect(encoding.typeIDs == Array(repeating: 0, count: encoding.ids.count - 1) + [last])
      let decoded = Array(tokenizer.decode(encoding.ids).utf8)
      #expect(decoded == (try line.member("decoded").bytes()), "\(shown)")
    }
  }

  @Test(arguments: ["uncased", "cased", "bytelevel", "unigram"])
  func fastWayGivesTheSameTokens(_ name: String) throws {
    let tokenizer = try Fixture.tokenizer(name + ".json")
    var all: [UInt8] = []
    for line in try Fixture.lines(name + ".jsonl") {
      let text = try line.member("text").bytes()
      let expected = tokenizer.encode(text, addSpecialTokens: false).ids
      #expect(tokenizer.encodeIDs(text) == expected, "\(String(displaying: text))")
      #expect(text.withUnsafeBufferPointer { tokenizer.encodeIDs($0) } == expected)
      all += text + [0x0A]
    }
    #expect(tokenizer.encodeIDs(all) == tokenizer.encode(all, addSpecialTokens: false).ids)
  }

  @Test func emptyTextHasOnlySpecialTokens() throws {
    let tokenizer = try Fixture.tokenizer("uncased.json")
    let special = try tokenizer.specialTokens
    #expect(tokenizer.encode("").ids == [special.classification, special.separator])
    #expect(tokenizer.encode("", addSpecialTokens: false).ids.isEmpty)
    #expect(tokenizer.encodeIDs([]).isEmpty)
  }

  @Test(arguments: ["a", "\u{1F600}", "[", "\u{301}", "가", "中"])
  func millionTimesOneLetterTakesNoTime(_ letter: String) throws {
    let tokenizer = try Fixture.tokenizer("uncased.json")
    let text = Array(String(repeating: letter, count: 1_000_000).utf8)
    let clock = ContinuousClock()
    var count = 0
    let time = clock.measure { count = tokenizer.encodeIDs(text).count }
    #expect(count == (letter == "中" || letter == "[" ? 1_000_000 : letter == "\u{301}" ? 0 : 1))
    // A hundred times what it takes; a quadratic way would take hours.
    #expect(time < .seconds(20))
  }

  @Test func invalidBytesAreReplaced() throws {
    let tokenizer = try Fixture.tokenizer("uncased.json")
    // A cut sequence, an overlong one, a surrogate, a lone continuation.
    let bytes: [UInt8] = [0x61, 0xE4, 0xB8, 0x62, 0xC0, 0xAF, 0xED, 0xA0, 0x80, 0x80, 0x63]
    let text = "a\u{FFFD}b" + String(repeating: "\u{FFFD}", count: 6) + "c"
    #expect(tokenizer.encode(bytes) == tokenizer.encode(text))
  }

  @Test func tokensThatSwallowEachOtherAreFoundOnce() throws {
    func added(_ id: Int, _ content: String) -> JSON {
      ["id": JSON(id), "content": JSON(content), "lstrip": true, "rstrip": true]
    }
    let json = try Fixture.changed { file in
      let tokens = file["added_tokens"]?.array ?? []
      file["added_tokens"] = JSON(tokens + [added(600, "<r>"), added(601, "  "), added(602, " X")])
    }
    let tokenizer = try Tokenizer(json: json, file: "swallowing")
    let text = Array("a<r>   a  <r>   X a    ".utf8)
    let encoding = tokenizer.encode(text, addSpecialTokens: false)
    let a = try #require(tokenizer.id(of: "a"))
    #expect(encoding.ids == [a, 600, a, 601, 600, 602, a, 601])
    #expect(encoding.offsets.last == 19..<23)
    #expect(tokenizer.encodeIDs(text) == encoding.ids)
  }

  @Test func threadsShareATokenizer() async throws {
    let tokenizer = try Fixture.tokenizer("uncased.json")
    let texts = try Fixture.lines("uncased.jsonl").map { try $0.member("text").bytes() }
    let expected = texts.map { tokenizer.encodeIDs($0) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<20).allSatisfy { _ in texts.map { tokenizer.encodeIDs($0) } == expected }
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }

  @Test func manyDifferentWordsAreForgottenAndLearntAgain() throws {
    let tokenizer = try Fixture.tokenizer("uncased.json")
    // More than the words that are kept.
    let text = Array((0..<300_000).map { "a\($0 % 150_000)" }.joined(separator: " ").utf8)
    let ids = tokenizer.encodeIDs(text)
    #expect(ids.count > 300_000)
    #expect(ids[..<(ids.count / 2)] == ids[(ids.count / 2)...])
    #expect(ids == tokenizer.encode(text, addSpecialTokens: false).ids)
  }

  /// Characters that touch each other in the normalizer or may begin an added token, and no UTF-8.
  private static let tricky: [[UInt8]] =
    [
      "a", "B", "word", "_", ".", "[", "[MASK]", "[mask]", "<", "<hide>", "\u{226E}hide>", " ",
      "\t",
      "\u{0}", "\u{B}", "\u{A0}", "\u{AD}", "\u{FFFD}", "\u{301}", "\u{327}", "\u{93F}", "\u{94D}",
      "\u{E9}", "\u{1EC7}", "\u{130}", "\u{212A}", "\u{37E}", "\u{2329}", "\u{2026}", "\u{3002}",
      "\u{4E2D}", "\u{F900}", "\u{2F800}", "\u{AC01}", "\u{11A8}", "\u{3042}", "\u{1F600}",
      "\u{20DD}", "abcdefghijklmnopq",
    ].map { Array($0.utf8) } + [[0xE3], [0x81], [0xC0], [0xF0, 0x90], [0xED, 0xA0, 0x80]]

  @Test(arguments: [
    "all", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase", "none", "added",
  ])
  func piecesGiveTheTokensOfTheWhole(_ step: String) throws {
    let tokenizer =
      step == "added"
      ? try Tokenizer(json: Fixture.withNormalizedToken("<Hide>"), file: step)
      : try Fixture.tokenizer(doing: step)
    var state: UInt64 = 7
    for _ in 0..<4_000 {
      var text: [UInt8] = []
      for _ in 0..<8 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += Self.tricky[Int(state >> 33) % Self.tricky.count]
      }
      let expected = tokenizer.encode(text, addSpecialTokens: false).ids
      #expect(tokenizer.encodeIDs(text) == expected, "\(String(displaying: text))")
      #expect(tokenizer.encodeIDs(text) == expected, "\(String(displaying: text)), known")
    }
  }
}
