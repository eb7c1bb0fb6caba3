import Diagnostics
import Files
import Testing
import Tokenizers
import Tokens

@Suite struct SentencePieceTests {
  /// A model file in bytes, made here.
  private struct Model {
    var bytes: [UInt8] = []

    mutating func add(_ number: UInt8, _ content: [UInt8]) {
      bytes += [number << 3 | 2, UInt8(content.count)] + content
    }

    mutating func add(_ piece: String, _ score: Float, kind: UInt8 = 1) {
      var entry = Model()
      entry.add(1, Array(piece.utf8))
      let bits = score.bitPattern
      entry.bytes += [2 << 3 | 5] + (0..<4).map { UInt8(bits >> ($0 * 8) & 255) } + [3 << 3, kind]
      add(1, entry.bytes)
    }
  }

  private static func model(type: UInt8 = 1, score: Float = -1) -> [UInt8] {
    var model = Model()
    model.add("<unk>", 0, kind: 2)
    model.add("<s>", 0, kind: 3)
    for (piece, score) in [
      ("\u{2581}", -3), ("a", -2), ("b", -2.5), ("ab", score), ("\u{2581}ab", -1.5), ("<x>", 0),
    ] as [(String, Float)] {
      model.add(piece, score, kind: piece == "<x>" ? 4 : 1)
    }
    model.add(2, [3 << 3, type])
    return model.bytes
  }

  private func load(_ bytes: [UInt8]) throws -> Tokenizer {
    let folder = try TemporaryFolder()
    try folder.write(bytes, "spiece.model")
    return try Tokenizer.load(folder.path)
  }

  @Test(arguments: [1, 2] as [UInt8])
  func modelFileIsATokenizer(_ type: UInt8) throws {
    let tokenizer = try load(Self.model(type: type))
    #expect(tokenizer.encode("ab  b<x>q ").ids == [6, 2, 4, 7, 2, 0])
    #expect(tokenizer.decode([6, 2, 4]) == "ab b")
    #expect(tokenizer.vocabularySize == 8)
  }

  @Test func everyStartIsRefusedOrRead() throws {
    let bytes = Self.model()
    var refusedCount = 0
    for length in 0..<bytes.count {
      do { _ = try load(Array(bytes[..<length])) } catch let error as any Diagnostic {
        #expect(error.exitCode == .data)
        refusedCount += 1
      }
    }
    #expect(refusedCount > bytes.count / 2)
  }

  @Test(arguments: [Float.nan, .infinity])
  func scoresThatAreNoNumbersAreRefused(_ score: Float) {
    #expect(throws: TokenizerError.self) { try load(Self.model(score: score)) }
  }

  @Test func otherKindsOfModelAreRefused() {
    let error = #expect(throws: TokenizerError.self) { try load(Self.model(type: 3)) }
    #expect(error?.description.contains("1 (unigram), 2 (BPE)") == true)
  }

  @Test func vocabularyWithMergesIsATokenizer() throws {
    let folder = try TemporaryFolder()
    let file = try Fixture.json("bytelevel.json").member("model")
    try folder.write(file.member("vocab").value.serialized(), "vocab.json")
    var lines = Array("#version: 0.2\n".utf8)
    for merge in try file.elements("merges") {
      lines += try merge.elements().map { try $0.bytes() }.joined(separator: [0x20]) + [0x0A]
    }
    try folder.write(lines, "merges.txt")
    let tokenizer = try Tokenizer.load(folder.path)
    #expect(tokenizer.fingerprint.count == 64)
    for line in try Fixture.lines("bytelevel.jsonl") {
      #expect(
        tokenizer.encode(try line.member("text").bytes()).ids.map(Int.init)
          == (try line.ints("ids")))
    }
    try folder.write("#version: 0.2\na b c\n", "merges.txt")
    #expect(throws: TokenizerError.self) { try Tokenizer.load(folder.path) }
  }

  @Test func pairsAreCutToALength() throws {
    let tokenizer = try Fixture.tokenizer("unigram.json")
    let (first, second) = (Array("a b c d e f".utf8), Array("g h".utf8))
    let whole = tokenizer.encode(first, pairedWith: second)
    let shaped = try tokenizer.encode(
      first, pairedWith: second,
      truncation: Truncation(maximumLength: 9, strategy: .onlyFirst, stride: 1),
      padding: Padding(length: 12, id: 1))
    #expect(shaped[0].encoding.ids.count == 12 && shaped.count > 1)
    #expect(shaped[0].attentionMask == [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0])
    #expect(shaped[0].encoding.ids[0] == whole.ids[0])
    for (room, strategy) in [(2, .longestFirst), (4, .onlyFirst)] as [(Int, Truncation.Strategy)] {
      #expect(throws: TokenizerError.self) {
        try tokenizer.encode(
          first, pairedWith: second,
          truncation: Truncation(maximumLength: room, strategy: strategy), padding: nil)
      }
    }
  }
}
