import Diagnostics
import Files
import Testing
import Tokenizers
import Tokens

/// Files of byte pairs and of likely pieces that must not be.
@Suite struct HostileModelTests {
  private static func expectRefusal(
    _ says: String, _ open: () throws -> Tokenizer,
    _ location: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try open()
      Issue.record("it was accepted", sourceLocation: location)
    } catch let error as any Diagnostic {
      #expect(error.exitCode == .data, sourceLocation: location)
      #expect(error.description.contains(says), "\(error)", sourceLocation: location)
      #expect(!error.description.contains("\n"), sourceLocation: location)
    } catch {
      Issue.record("\(error)", sourceLocation: location)
    }
  }

  @Test(
    arguments: [
      ("merges", JSON([["a", "q"]]), "'q' is not in the vocabulary"),
      ("merges", JSON([["b", "a"]]), "'ba' is not in the vocabulary"),
      ("merges", JSON([["a"]]), "it is no merge"), ("merges", JSON(["a b c"]), "is no merge"),
      ("merges", JSON(["ab"]), "is no merge"), ("merges", 7, "expected an array"),
      ("merges", JSON([.null]), "it is no merge"),
      ("unk_token", "q", "'q' is not in the vocabulary"),
      ("dropout", 0.5, "tokens are not drawn by chance"),
      ("continuing_subword_prefix", "zzzz", "is shorter than the prefix"),
      ("vocab", ["a"], "expected an object"),
    ] as [(String, JSON, String)])
  func bytePairsAreRefused(_ key: String, _ value: JSON, _ says: String) throws {
    let json = try Fixture.fewLetters { $0.change("model") { $0[key] = value } }
    Self.expectRefusal(says) { try Tokenizer(json: json, file: "hostile.json") }
  }

  @Test(
    arguments: [
      ("vocab", JSON([["a", "1"]]), "a piece and its score"),
      ("vocab", JSON([["a"]]), "a piece and its score"),
      ("vocab", JSON([["a", .number("1e999")]]), "a finite number"),
      ("vocab", JSON([JSON([JSON(String(repeating: "a", count: 2_000)), -1])]), "has 2000 bytes"),
      ("vocab", 7, "expected an array"), ("unk_id", 300, "the place of a piece"),
      ("unk_id", -1, "the place of a piece"), ("unk_id", JSON("a"), "a whole number"),
    ] as [(String, JSON, String)])
  func likelyPiecesAreRefused(_ key: String, _ value: JSON, _ says: String) throws {
    let json = try Fixture.changedUnigram { $0.change("model") { $0[key] = value } }
    Self.expectRefusal(says) { try Tokenizer(json: json, file: "hostile.json") }
  }

  @Test(arguments: ["", "!!!!", "AAAA", "BAAAAA==", "/////w==", "BAAAAP////8=", "BAAAAAAABQA="])
  func brokenCharsmapsAreRefusedOrHarmless(_ map: String) throws {
    let json = try Fixture.fewLetters {
      $0["normalizer"] = ["type": "Precompiled", "precompiled_charsmap": JSON(map)]
    }
    if map.hasPrefix("BAAAAAAA") || map.hasPrefix("BAAAAP//") {
      // A trie that leads nowhere is a trie.
      #expect(try Tokenizer(json: json, file: "map").encode("abc\u{E9}").ids.count == 3)
    } else {
      Self.expectRefusal("no map of characters") { try Tokenizer(json: json, file: "map.json") }
    }
  }

  @Test(arguments: [
    "(", "a)", "[a", "*a", "a{2,1}", "(?<=a)", "\\p{Quantum}", "\\p{", "[b-a]", "\\1", "(?P<x>a)",
    "[a&&b]", "a{99999}", "(a{999}){999}",
  ])
  func unknownExpressionsAreRefused(_ expression: String) throws {
    let json = try Fixture.fewLetters {
      $0["pre_tokenizer"] = [
        "type": "Split", "pattern": ["Regex": JSON(expression)], "behavior": "Isolated",
      ]
    }
    guard expression != "a{2,1}" else {
      // A brace that counts nothing is a brace.
      return _ = try Tokenizer(json: json, file: "brace")
    }
    Self.expectRefusal("is not supported") { try Tokenizer(json: json, file: "hostile.json") }
  }

  @Test(arguments: ["(a*)*b", "(a|aa)+$", "(a|a)*(a|a)*c", "(?:a+)+(?=b)"])
  func expressionsThatBacktrackTakeNoTime(_ expression: String) throws {
    let json = try Fixture.fewLetters {
      $0["pre_tokenizer"] = [
        "type": "Split", "pattern": ["Regex": JSON(expression)], "behavior": "Isolated",
      ]
    }
    let tokenizer = try Tokenizer(json: json, file: "slow")
    let text = Array((String(repeating: "a", count: 2_000) + "x").utf8)
    let clock = ContinuousClock()
    var count = 0
    let time = clock.measure { count = tokenizer.encodeIDs(text).count }
    #expect(count > 500)
    #expect(time < .seconds(20))
  }

  @Test(
    arguments: [
      ("pre_tokenizer", ["type": "FixedLength", "length": 0], "1 or more"),
      ("pre_tokenizer", ["type": "Metaspace", "replacement": "ab"], "one character"),
      (
        "pre_tokenizer", ["type": "Metaspace", "replacement": "_", "prepend_scheme": "x"],
        "'always'"
      ),
      ("pre_tokenizer", ["type": "Punctuation", "behavior": "x"], "Removed, Isolated"),
      ("decoder", ["type": "Strip", "content": "a", "start": -1, "stop": 0], "of 0 or more"),
      ("normalizer", ["type": "Replace", "pattern": ["Other": "a"], "content": ""], "is missing"),
      (
        "post_processor",
        [
          "type": "Sequence",
          "processors": [
            ["type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]],
            ["type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]],
          ],
        ], "2 of its parts add special tokens"
      ),
    ] as [(String, JSON, String)])
  func componentsAreRefused(_ key: String, _ value: JSON, _ says: String) throws {
    let json = try Fixture.fewLetters { $0[key] = value }
    Self.expectRefusal(says) { try Tokenizer(json: json, file: "hostile.json") }
  }

  @Test(arguments: ["bytelevel.json", "unigram.json"], ["a", " ", "ab", "\u{1F600}", "'"])
  func millionLettersTakeNoTime(_ name: String, _ letters: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let text = Array(String(repeating: letters, count: 1_000_000 / letters.count).utf8)
    let clock = ContinuousClock()
    let time = clock.measure { _ = tokenizer.encodeIDs(text) }
    #expect(time < .seconds(20))
  }
}
