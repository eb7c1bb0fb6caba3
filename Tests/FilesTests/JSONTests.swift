import Files
import Testing

struct JSONTests {
  static let value: JSON = [
    "name": "a \"quoted\" \\ line\n\u{1}é",
    "numbers": [1, -2.5, 1e-12, 0],
    "empty": [:],
    "none": [],
    "flags": [true, false, .null],
    "inner": ["b": 1, "a": 2],
  ]

  @Test func compactTextHasNoSpaces() {
    #expect(
      String(decoding: Self.value.serialized(), as: UTF8.self)
        == #"{"name":"a \"quoted\" \\ line\n\u0001é","numbers":[1,-2.5,1e-12,0],"empty":{},"none":[],"#
        + #""flags":[true,false,null],"inner":{"b":1,"a":2}}"#)
  }

  @Test func prettyTextHasAMemberALine() {
    let value: JSON = ["a": [1, [:]], "b": ["c": .null], "d": []]
    #expect(
      String(decoding: value.serialized(pretty: true), as: UTF8.self) == """
        {
          "a": [
            1,
            {}
          ],
          "b": {
            "c": null
          },
          "d": []
        }
        """)
  }

  @Test(arguments: [false, true])
  func whatIsWrittenReadsBackEqual(pretty: Bool) throws {
    #expect(try JSON.parse(Self.value.serialized(pretty: pretty), file: "t") == Self.value)
  }

  @Test(arguments: [
    0.1, -0.0, 1e16, 1e-300, 5.5e300, 1 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
  ])
  func doublesKeepTheirBits(value: Double) throws {
    let read = try JSON.parse(JSON(value).serialized(), file: "t").double
    #expect(read?.bitPattern == value.bitPattern)
  }

  @Test func whatJSONCannotSpellBecomesNull() {
    #expect(JSON(Double.nan).isNull)
    #expect(JSON(-Float.infinity).isNull)
  }

  @Test(
    arguments: [
      (JSON.number("7"), 7), (.number("-7"), -7), (.number("9223372036854775807"), .max),
      (.number("9223372036854775808"), nil), (.number("7.0"), nil), (.number("7e0"), nil),
      ("7", nil),
    ] as [(JSON, Int?)])
  func wholeNumbersAreSpelledAsSuch(json: JSON, int: Int?) {
    #expect(json.int == int)
  }

  @Test func numbersBeyondDoubleAreNone() {
    #expect(JSON.number("1e999").double == nil)
  }

  @Test func membersAreReplacedAppendedAndRemovedInOrder() {
    var object = JSONObject()
    for index in 0..<40 { object["k\(index)"] = JSON(index) }
    object["k3"] = "three"
    object["k5"] = nil
    object["none"] = nil
    #expect(object.count == 39)
    #expect(object.members.prefix(6).map(\.value) == [0, 1, 2, "three", 4, 6])
    #expect(object["k39"] == 39)
    #expect(object["k5"] == nil)
    #expect(object.insert(Array("k6".utf8), 0) == false)
    #expect(object["k6"] == 6)
  }
}

struct JSONCursorTests {
  private func cursor(_ text: String) throws -> JSONCursor {
    JSONCursor(try JSON.parse(Array(text.utf8), file: "config.json"), file: "config.json")
  }

  @Test func valuesAreFoundByKey() throws {
    let root = try cursor(#"{"a":{"n":3,"x":0.5,"s":"t","f":false,"z":null},"l":[1,2]}"#)
    let a = try root.member("a")
    #expect(try a.int("n") == 3)
    #expect(try a.double("n") == 3)
    #expect(try a.double("x") == 0.5)
    #expect(try a.string("s") == "t")
    #expect(try a.bool("f") == false)
    #expect(try a.optionalInt("z") == nil)
    #expect(try a.optionalString("absent") == nil)
    #expect(try root.elements("l").map { try $0.int() } == [1, 2])
  }

  @Test func errorsNameFilePathExpectedAndFound() throws {
    let root = try cursor(#"{"a":{"n":2.5,"l":[1,"x"]}}"#)
    #expect(
      throws: JSONError.mismatch(
        file: "config.json", path: "a.n", expected: "a whole number", found: "2.5")
    ) { try root.member("a").int("n") }
    #expect(throws: JSONError.missing(file: "config.json", path: "a.m")) {
      try root.member("a").int("m")
    }
    #expect(
      throws: JSONError.mismatch(
        file: "config.json", path: "a.l[1]", expected: "a whole number", found: "the string 'x'")
    ) { try root.member("a").elements("l").map { try $0.int() } }
    #expect(throws: JSONError.self) { try root.int("a") }
    #expect(throws: JSONError.self) { try root.elements("a") }
    #expect(throws: JSONError.self) { try root.member("a").member("n").member("x") }
  }

  @Test func aNullIsThereButNoNumber() throws {
    #expect(throws: JSONError.self) { try cursor(#"{"a":null}"#).int("a") }
  }

  @Test func errorsCannotPaintTheTerminal() throws {
    let root = try cursor(#"{"a":"\u001b[2J\u202e\nx"}"#)
    #expect {
      try root.int("a")
    } throws: {
      "\($0)".utf8.allSatisfy { $0 >= 0x20 } && "\($0)".contains(#"\x1b[2J\u{202e}\x0ax"#)
    }
  }
}
