import Diagnostics
import Files
import Testing
import Tokenizers

/// Files that a tokenizer.json must not be.
struct HostileFile: CustomTestStringConvertible {
  let testDescription: String
  /// What the error says.
  let says: String
  let change: @Sendable (inout JSONObject) -> Void

  init(_ name: String, says: String, _ change: @escaping @Sendable (inout JSONObject) -> Void) {
    testDescription = name
    self.says = says
    self.change = change
  }

  private static func vocabulary(_ token: String, _ id: JSON, says: String) -> HostileFile {
    HostileFile("the number \(id) for \(token)", says: says) { file in
      file.change("model") { $0.change("vocab") { $0[token] = id } }
    }
  }

  private static func component(_ key: String, _ kind: String) -> HostileFile {
    HostileFile("\(key) \(kind)", says: "component '\(kind)' is not supported: supported: ") {
      $0[key] = ["type": JSON(kind)]
    }
  }

  private static func added(
    _ name: String, says: String, _ members: [(String, JSON)]
  ) -> HostileFile {
    HostileFile("added token \(name)", says: says) { file in
      let tokens = file["added_tokens"]?.array ?? []
      file["added_tokens"] = JSON(tokens + [JSON(members)])
    }
  }

  private static func post(_ name: String, says: String, _ json: JSON) -> HostileFile {
    HostileFile("template: \(name)", says: says) { $0["post_processor"] = json }
  }

  private static let first: JSON = ["Sequence": ["id": "A", "type_id": 0]]
  private static let second: JSON = ["Sequence": ["id": "B", "type_id": 1]]
  private static let opening: JSON = ["SpecialToken": ["id": "[CLS]", "type_id": 0]]

  private static func template(
    single: JSON, pair: JSON = [first, second], ids: JSON = [2], tokens: JSON = ["[CLS]"]
  ) -> JSON {
    [
      "type": "TemplateProcessing", "single": single, "pair": pair,
      "special_tokens": ["[CLS]": ["id": "[CLS]", "ids": ids, "tokens": tokens]],
    ]
  }

  static let all: [HostileFile] = [
    vocabulary("new", -1, says: "the number is -1"),
    vocabulary("new", 2_147_483_648, says: "from 0 to"),
    vocabulary("new", 2_000_000_000, says: "from 0 to"),
    vocabulary("new", 7.5, says: "the number is 7.5"),
    vocabulary("new", "7", says: "the number is \"7\""),
    vocabulary("new", 7, says: "it has the number 7, as"),
    vocabulary(String(repeating: "a", count: 2_000), 600, says: "the token has 2000 bytes"),
    HostileFile("no vocabulary", says: "'model.vocab' is missing") {
      $0.change("model") { $0["vocab"] = nil }
    },
    HostileFile("empty vocabulary", says: "is not in the vocabulary") {
      $0.change("model") { $0["vocab"] = .object(JSONObject()) }
    },
    HostileFile("vocabulary as a list", says: "expected an object") {
      $0.change("model") { $0["vocab"] = ["a"] }
    },
    HostileFile("unknown token absent", says: "'[none]' is not in the vocabulary") {
      $0.change("model") { $0["unk_token"] = "[none]" }
    },
    HostileFile("words of negative length", says: "max_input_chars_per_word") {
      $0.change("model") { $0["max_input_chars_per_word"] = -1 }
    },
    HostileFile("no model", says: "'model' is missing") { $0["model"] = nil },
    component("model", "Quantum"), component("normalizer", "Quantum"),
    component("pre_tokenizer", "Quantum"),
    HostileFile("words without the unknown one", says: "'<unk>' is not in the vocabulary") {
      $0["model"] = ["type": "WordLevel", "vocab": ["a": 0], "unk_token": "<unk>"]
    },
    HostileFile("words without a name for the unknown one", says: "unk_token' is missing") {
      $0["model"] = ["type": "WordLevel", "vocab": ["a": 0]]
    },
    component("decoder", "Quantum"), component("post_processor", "Quantum"),
    HostileFile("a kind that is no string", says: "'normalizer.type' is wrong") {
      $0["normalizer"] = ["type": 5]
    },
    HostileFile("a flag that is no flag", says: "expected true or false") {
      $0.change("normalizer") { $0["lowercase"] = "yes" }
    },
    added(
      "that has another number", says: "5, as in the vocabulary", [("id", 6), ("content", "!")]),
    added(
      "of a number in use", says: "has the number 5, as '!' has", [("id", 5), ("content", "q!")]),
    added("twice", says: "is added twice", [("id", 4), ("content", "[MASK]")]),
    added("empty", says: "1 to 1024 bytes", [("id", 600), ("content", "")]),
    added(
      "far away", says: "has the number 2147483647", [("id", 2_147_483_647), ("content", "q")]),
    added("without a number", says: "is missing", [("content", "q")]),
    post(
      "an absent token", says: "names '[SEP]', which is not described",
      template(single: [first, ["SpecialToken": ["id": "[SEP]", "type_id": 0]]])),
    post(
      "a number beyond the vocabulary", says: "names '[CLS]' with the number 9999",
      template(single: [opening, first], ids: [9_999])),
    post(
      "another token's number", says: "'[SEP]', the token of this number",
      template(single: [opening, first], ids: [3])),
    post("no ids", says: "as many ids as tokens", template(single: [first], ids: [], tokens: [])),
    post("no text", says: "text A appears 0 times", template(single: [opening])),
    post("a text twice", says: "text A appears 2 times", template(single: [first, first])),
    post(
      "no second text", says: "text B appears 0 times", template(single: [first], pair: [first])),
    HostileFile("stride as long as the text", says: "the stride is 8 of 8 tokens") {
      $0["truncation"] = ["max_length": 8, "stride": 8, "strategy": "LongestFirst"]
    },
    HostileFile("filling to multiples of 0", says: "pad_to_multiple_of") {
      $0["padding"] = ["strategy": "BatchLongest", "pad_to_multiple_of": 0]
    },
    HostileFile("filling to a negative length", says: "'padding.strategy' is wrong") {
      $0["padding"] = ["strategy": ["Fixed": -2]]
    },
  ]
}

@Suite struct HostileFileTests {
  @Test(arguments: HostileFile.all)
  func fileIsRefused(_ hostile: HostileFile) throws {
    let json = try Fixture.changed(hostile.change)
    do {
      _ = try Tokenizer(json: json, file: "hostile.json")
      Issue.record("it was accepted")
    } catch let error as any Diagnostic {
      #expect(error.exitCode == .data)
      #expect(error.description.hasPrefix("hostile.json: "), "\(error)")
      #expect(error.description.contains(hostile.says), "\(error)")
      #expect(!error.description.contains("\n"))
    }
  }

  @Test(arguments: ["", "{", "[]", "null", "{\"version\": \"1.0\"}", "\u{FEFF}{}"])
  func fragmentsAreRefused(_ text: String) {
    #expect(throws: JSONError.self) {
      try Tokenizer(json: Array(text.utf8), file: "fragment.json")
    }
  }

  @Test func everyStartOfAFileIsRefused() throws {
    let bytes = try Fixture.changed { _ in }
    for length in stride(from: 0, to: bytes.count, by: 61) {
      #expect(throws: JSONError.self) {
        try Tokenizer(json: Array(bytes[..<length]), file: "start.json")
      }
    }
  }

  @Test func pipelinesNestedTenThousandTimesAreRefused() throws {
    let open = String(repeating: #"{"type":"Sequence","normalizers":["#, count: 10_000)
    let text = #"{"model":{},"pre_tokenizer":null,"normalizer":"# + open
    #expect(throws: JSONError.self) {
      try Tokenizer(json: Array(text.utf8), file: "deep.json")
    }
  }

  @Test func controlCharactersNeverReachTheTerminal() throws {
    let json = try Fixture.changed { $0["normalizer"] = ["type": "\u{1B}[2J\n"] }
    let error = #expect(throws: TokenizerError.self) {
      try Tokenizer(json: json, file: "bad\nname.json")
    }
    #expect(error?.description.contains("\u{1B}") == false)
    #expect(error?.description.contains("\n") == false)
  }
}
