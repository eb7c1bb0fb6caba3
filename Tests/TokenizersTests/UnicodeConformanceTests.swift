import Files
import Testing
import Tokenizers

/// Comparisons of every code point with the reference's tables; `make conformance` says where they are.
@Suite("Unicode conformance", .enabled(if: SharedData.folder != nil))
struct UnicodeConformanceTests {
  /// What a table says of a code point: a class, or the scalars that it becomes.
  private typealias Table = [UInt32: Substring]

  /// Reads lines of a code point or a range, a tab, and what it is.
  private func table(_ name: String) throws -> Table {
    let shared = try #require(SharedData.folder)
    let text = String(
      decoding: try File.read("\(shared)/data/golden/unicode/\(name).tsv"), as: UTF8.self)
    var table: Table = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      let bounds = fields[0].split(separator: ".").compactMap { UInt32($0, radix: 16) }
      for code in try #require(bounds.first)...(try #require(bounds.last)) {
        table[code] = fields[1]
      }
    }
    #expect(!table.isEmpty)
    return table
  }

  private func forEachScalar(_ body: (UInt32, [UInt8]) -> Void) {
    for code in UInt32(0)..<0x110000 {
      if let scalar = Unicode.Scalar(code) { body(code, Array(String(scalar).utf8)) }
    }
  }

  @Test(arguments: [
    ("lowercase", "bert_lowercase"), ("strip_accents", "bert_strip_accents_nfd_mn"),
  ])
  func mappingsAreTheTables(_ step: String, _ name: String) throws {
    let tokenizer = try Fixture.tokenizer(doing: step)
    let table = try table(name)
    forEachScalar { code, bytes in
      // The table leaves Hangul out.
      guard step == "lowercase" || !(0xAC00..<0xAC00 + 11172).contains(code) else { return }
      let target = table[code]?.split(separator: " ").compactMap {
        UInt32($0, radix: 16).flatMap(Unicode.Scalar.init)
      }
      let expected = target.map { $0.flatMap { Array(String($0).utf8) } } ?? bytes
      if tokenizer.normalized(bytes) != expected { Issue.record("\(String(code, radix: 16))") }
    }
  }

  @Test(arguments: ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Precompiled"])
  func formsAreTheTables(_ kind: String) throws {
    let names = [
      "StripAccents": "normalizer_strip_accents_only", "Precompiled": "precompiled_nmt_nfkc",
    ]
    let table = try table(names[kind] ?? "normalizer_" + kind.lowercased())
    let shared = try #require(SharedData.folder)
    let json = try Fixture.fewLetters { file in
      file["normalizer"] = ["type": JSON(kind)]
      if kind == "Precompiled" {
        file["normalizer"] = try? JSON.read("\(shared)/data/tokenizers/t5-small/tokenizer.json")[
          "normalizer"]
      }
    }
    let tokenizer = try Tokenizer(json: json, file: kind)
    forEachScalar { code, bytes in
      // The tables leave Hangul out.
      guard kind == "Lowercase" || !(0xAC00..<0xAC00 + 11172).contains(code) else { return }
      let target = table[code]?.split(separator: " ").compactMap {
        UInt32($0, radix: 16).flatMap(Unicode.Scalar.init)
      }
      let expected = target.map { $0.flatMap { Array(String($0).utf8) } } ?? bytes
      if tokenizer.normalized(bytes) != expected { Issue.record("\(String(code, radix: 16))") }
    }
  }

  @Test(arguments: [
    ("Digits", "pretok_digits_individual"), ("Punctuation", "pretok_punctuation"),
    ("WhitespaceSplit", "pretok_whitespace_split"), ("Whitespace", "pretok_whitespace_regex"),
  ])
  func partsAreTheTables(_ kind: String, _ name: String) throws {
    let table = try table(name)
    let json = try Fixture.fewLetters {
      $0["pre_tokenizer"] = ["type": JSON(kind), "individual_digits": true]
    }
    let tokenizer = try Tokenizer(json: json, file: kind)
    let (a, b): ([UInt8], [UInt8]) = ([0x61], [0x62])
    forEachScalar { code, bytes in
      let expected: [[UInt8]]
      switch table[code] ?? (kind == "Whitespace" ? "isolated" : "word") {
      case "space": expected = [a, b]
      case "isolated": expected = [a, bytes, b]
      default: expected = [a + bytes + b]
      }
      if tokenizer.words(of: a + bytes + b) != expected {
        Issue.record("\(String(code, radix: 16))")
      }
    }
  }

  @Test func cleanTextIsTheTable() throws {
    let tokenizer = try Fixture.tokenizer(doing: "clean_text")
    let table = try table("bert_clean_text")
    forEachScalar { code, bytes in
      let expected = ["remove": [], "space": [0x20]][table[code] ?? "keep"] ?? bytes
      if tokenizer.normalized(bytes) != expected { Issue.record("\(String(code, radix: 16))") }
    }
  }

  @Test func ideographsAreTheTable() throws {
    let tokenizer = try Fixture.tokenizer(doing: "handle_chinese_chars")
    let table = try table("bert_chinese_char")
    forEachScalar { code, bytes in
      let expected = table[code] == "cjk" ? [0x20] + bytes + [0x20] : bytes
      if tokenizer.normalized(bytes) != expected { Issue.record("\(String(code, radix: 16))") }
    }
  }

  @Test func wordsAreTheTable() throws {
    let tokenizer = try Fixture.tokenizer(doing: "nothing")
    let table = try table("pretok_bert")
    let (a, b): ([UInt8], [UInt8]) = ([0x61], [0x62])
    forEachScalar { code, bytes in
      let expected: [[UInt8]]
      switch table[code] {
      case "space": expected = [a, b]
      case "isolated": expected = [a, bytes, b]
      default: expected = [a + bytes + b]
      }
      if tokenizer.words(of: a + bytes + b) != expected {
        Issue.record("\(String(code, radix: 16))")
      }
    }
  }
}
