import Files
import Testing
import Tokenizers
import Tokens

/// Every component alone in a tokenizer that knows few letters; see
/// scripts/reference/tokenizer_components.py.
@Suite struct ComponentTests {
  @Test(arguments: 0..<71)
  func componentDoesWhatTheReferenceDoes(_ number: Int) throws {
    let fixture = try Fixture.json("components.json")
    let variants = try fixture.elements("variants")
    #expect(variants.count == 71)
    let variant = try #require(variants.dropFirst(number).first)
    let tokenizer = try Tokenizer(json: Self.file(fixture, variant), file: "component")
    let again = try Tokenizer(json: tokenizer.serialized(), file: "written")
    #expect(again.fingerprint == tokenizer.fingerprint)
    for (text, expected) in zip(try fixture.elements("texts"), try variant.elements("cases")) {
      let bytes = try text.bytes()
      let name = "\(try Self.name(variant)): '\(String(displaying: bytes))'"
      let encoding = tokenizer.encode(bytes)
      let parts = try expected.elements()
      #expect(
        encoding.ids.map { "\($0)" }.joined(separator: " ") == (try parts[0].string()), "\(name)")
      let offsets = encoding.offsets.map { "\($0.lowerBound),\($0.upperBound)" }
      #expect(offsets.joined(separator: " ") == (try parts[1].string()), "\(name)")
      #expect(Array(tokenizer.decode(encoding.ids).utf8) == (try parts[2].bytes()), "\(name)")
      let inner = zip(encoding.ids, encoding.specialTokensMask).filter { $0.1 == 0 }.map(\.0)
      #expect(tokenizer.encodeIDs(bytes) == inner, "\(name)")
      #expect(again.encode(bytes) == encoding, "\(name)")
    }
  }

  @Test func wordsAreKnownByTheirVocabularyWhereNoKindIsNamed() throws {
    let json = try Fixture.fewLetters {
      $0["added_tokens"] = []
      $0["model"] = ["vocab": ["<unk>": 0, "ab": 1], "unk_token": "<unk>"]
      $0["pre_tokenizer"] = ["type": "WhitespaceSplit"]
    }
    let tokenizer = try Tokenizer(json: json, file: "words")
    #expect(tokenizer.encode("ab c ab").ids == [1, 0, 1])
  }

  private static func file(_ fixture: JSONCursor, _ variant: JSONCursor) throws -> [UInt8] {
    var object = try fixture.member("base").object()
    for (key, value) in try variant.object().members {
      let key = String(decoding: key, as: UTF8.self)
      if key == "options" {
        object.change("model") { model in
          for (option, value) in value.object?.members ?? [] {
            model[String(decoding: option, as: UTF8.self)] = value
          }
        }
      } else if key != "cases" {
        object[key] = value
      }
    }
    return JSON.object(object).serialized()
  }

  private static func name(_ variant: JSONCursor) throws -> String {
    var object = try variant.object()
    object["cases"] = nil
    return String(decoding: JSON.object(object).serialized().prefix(200), as: UTF8.self)
  }
}

extension Fixture {
  /// The tokenizer that knows few letters, changed.
  static func fewLetters(_ change: (inout JSONObject) -> Void) throws -> [UInt8] {
    var object = try json("components.json").member("base").object()
    change(&object)
    return JSON.object(object).serialized()
  }

  /// unigram.json, changed.
  static func changedUnigram(_ change: (inout JSONObject) -> Void) throws -> [UInt8] {
    var object = try json("unigram.json").object()
    change(&object)
    return JSON.object(object).serialized()
  }
}
