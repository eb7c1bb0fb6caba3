import Files
import Testing

struct JSONParserTests {
  @Test(
    arguments: [
      ("null", JSON.null),
      (" true ", .bool(true)),
      ("\t\r\n false", .bool(false)),
      ("0", .number("0")),
      ("-0", .number("-0")),
      ("-0.5e-10", .number("-0.5e-10")),
      ("1E+2", .number("1E+2")),
      ("123456789012345678901234567890", .number("123456789012345678901234567890")),
      (#""""#, .string([])),
      (#""\u0061\u00e9\u20ac\ud83d\ude00""#, JSON("aé€😀")),
      (#""\"\\\/\b\f\n\r\t""#, .string([0x22, 0x5C, 0x2F, 8, 12, 10, 13, 9])),
      (#""a\u0000b""#, .string([0x61, 0, 0x62])),
      ("\"\u{7F}\"", .string([0x7F])),
      (#""\uFFFF\uDBFF\uDFFF""#, JSON("\u{FFFF}\u{10FFFF}")),
      ("[]", []),
      ("[ [ ] , 1 ]", [[], 1]),
      ("{}", [:]),
      (#"{"a":{"b":[null]},"":2}"#, ["a": ["b": [.null]], "": 2]),
    ] as [(String, JSON)])
  func readsWhatTheGrammarAllows(text: String, value: JSON) throws {
    #expect(try JSON.parse(Array(text.utf8), file: "t") == value)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1.e1",
    "1e",
    "1e+", "0x10", "1 2", "1,", "'a'", "\"", "\"a", #""\"#, #""\x""#, #""\u12""#, #""\u12g4""#,
    #""\ud800""#,
    #""\ud800\u0061""#, #""\udc00""#, #""\ud800\"#, "\"\n\"", "\"\u{0}\"", "[", "[1", "[1,", "[1,]",
    "[,1]",
    "[1 2]", "]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}", "{\"a\":1}}", "[1]x", "// x\n1", "/**/1", "1\u{0}", "\u{A0}1", "\u{FEFF}1",
    "[\u{2028}1]",
  ])
  func refusesWhatTheGrammarForbids(text: String) {
    #expect(throws: JSONError.self) { try JSON.parse(Array(text.utf8), file: "t") }
  }

  @Test(
    arguments: [
      [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xE0, 0x80, 0xAF, 0x22],
      [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
      [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
      [0x22, 0xE2, 0x82, 0x22], [0x22, 0xE2, 0x82], [0x22, 0xFF, 0x22], [0xFF, 0xFE, 0x31, 0x00],
      [0x00, 0x31], [0x31, 0x00],
    ] as [[UInt8]])
  func refusesBytesThatAreNotUTF8(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSON.parse(bytes, file: "t") }
  }

  @Test func errorsSayWhere() {
    #expect(
      throws: JSONError.malformed(
        file: "c.json", offset: 8, line: 2, column: 7, expected: "a value", found: "'}'")
    ) { try JSON.parse(Array("{\n\"a\": [}".utf8), file: "c.json") }
  }

  @Test(arguments: [(#"{"a":1,"b":2,"a":3}"#, 13, 1), (#"[{"x":{"a":1,"\u0061":3}}]"#, 13, 3)])
  func refusesAKeyThatAppearsTwice(text: String, offset: Int, depth: Int) {
    #expect(
      throws: JSONError.duplicateKey(file: "t", offset: offset, key: [0x61], depth: depth)
    ) { try JSON.parse(Array(text.utf8), file: "t") }
  }

  @Test func refusesADuplicateAmongMany() {
    let members = (0..<1000).map { "\"k\($0)\":\($0)" } + ["\"k777\":0"]
    let text = "{\(members.joined(separator: ","))}"
    #expect {
      try JSON.parse(Array(text.utf8), file: "t")
    } throws: {
      if case .duplicateKey(_, _, let key, _) = $0 as? JSONError {
        key == Array("k777".utf8)
      } else {
        false
      }
    }
  }

  @Test func canonicallyEquivalentKeysAreDifferent() throws {
    let json = try JSON.parse(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8), file: "t")
    #expect(json.object?.count == 2)
    #expect(json["\u{E9}"]?.int == 1)
    #expect(json["e\u{301}"]?.int == 2)
  }

  @Test func nestsSixtyFourLevelsAndNoMore() throws {
    func nested(_ depth: Int) -> [UInt8] {
      [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
    }
    #expect(throws: Never.self) { try JSON.parse(nested(64), file: "t") }
    #expect(throws: JSONError.tooDeep(file: "t", offset: 64, limit: 64)) {
      try JSON.parse(nested(65), file: "t")
    }
    #expect(throws: JSONError.tooDeep(file: "t", offset: 64, limit: 64)) {
      try JSON.parse(nested(1_000_000), file: "t")
    }
  }

  @Test func everyPrefixOfATextIsRefused() {
    let text = Array(#"{"a":[1.5e3,"\u00e9\n",true,null],"b":{"c":-7}}"#.utf8)
    for count in 0..<text.count {
      #expect(throws: JSONError.self) { try JSON.parse(Array(text[..<count]), file: "t") }
    }
  }

  @Test func aVocabularyOfOneHundredAndTwentyThousandIsReadInOrder() throws {
    var text = Array("{".utf8)
    for id in 0..<120_000 {
      text += "\(id == 0 ? "" : ",")\"##token number \(id) of many\":\(id)".utf8
    }
    text.append(UInt8(ascii: "}"))
    var object = JSONObject()
    let seconds = try processorSeconds {
      object = try #require(try JSON.parse(text, file: "t").object)
    }
    #expect(object.count == 120_000)
    #expect(object.members[77_777].value.int == 77_777)
    #expect(object["##token number 119999 of many"]?.int == 119_999)
    // Ten times what it takes: catches quadratic time, not a busy neighbour.
    #expect(seconds < 0.5)
  }
}
