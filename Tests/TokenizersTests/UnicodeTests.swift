import Files
import Testing
import Tokenizers

/// What becomes of every single code point.
@Suite struct UnicodeTests {
  @Test(arguments: [
    "clean_text", "handle_chinese_chars", "strip_accents", "lowercase", "all", "words",
  ])
  func everyCodePointIsAsTheReferenceHasIt(_ step: String) throws {
    let expected = try Fixture.json("unicode.json").elements(step).map { try $0.string() }
    let tokenizer = try Fixture.tokenizer(doing: step)
    var digests: [String] = []
    for first in stride(from: 0, to: 0x110000, by: 0x4000) {
      var bytes: [UInt8] = []
      for code in UInt32(first)..<UInt32(first + 0x4000) {
        guard let scalar = Unicode.Scalar(code) else { continue }
        let text = [0x61] + Array(String(scalar).utf8) + [0x62]
        if step == "words" {
          bytes += tokenizer.words(of: text).joined(separator: [0x1F])
        } else {
          bytes += tokenizer.normalized(text)
        }
        bytes.append(0x0A)
      }
      digests.append(String(SHA256.digest(of: bytes).hex.prefix(16)))
    }
    #expect(digests == expected)
  }

  /// Every code point beside others that lie far away.
  @Test func everyScriptIsAsTheReferenceHasIt() throws {
    let expected = try Fixture.json("unicode.json").elements("scripts").map { try $0.string() }
    let file = try Fixture.changed {
      $0["normalizer"] = .null
      $0["pre_tokenizer"] = ["type": "UnicodeScripts"]
    }
    let tokenizer = try Tokenizer(json: file, file: "scripts")
    var digests: [String] = []
    for first in stride(from: 0, to: 0x110000, by: 0x4000) {
      var text: [UInt8] = []
      for index in 0..<0x4000 {
        let code = UInt32(first + index * 6_121 % 0x4000)
        if let scalar = Unicode.Scalar(code) { text += Array(String(scalar).utf8) }
      }
      let words = tokenizer.words(of: text).joined(separator: [0x1F])
      digests.append(String(SHA256.digest(of: Array(words)).hex.prefix(16)))
    }
    #expect(digests == expected)
  }
}
