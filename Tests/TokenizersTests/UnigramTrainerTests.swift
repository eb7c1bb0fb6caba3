import Files
import Testing
import Tokenizers
import Tokens

@Suite struct UnigramTrainerTests {
  private func counts(_ texts: [[UInt8]]) -> WordCounts {
    var counts = WordCounts()
    for text in texts { UnigramTrainer(vocabularySize: 0).count(text, into: &counts) }
    return counts
  }

  @Test func piecesExplainTheTextTheyAreLearntFrom() throws {
    let texts = try Fixture.json("training.json").elements("texts").map { try $0.bytes() }
    let trainer = UnigramTrainer(vocabularySize: 400)
    let learnt = try trainer.train(on: counts(texts))
    #expect(learnt.vocabularySize == 400)
    #expect(try learnt.specialTokens.mask == 4)
    let scalarCount = texts.reduce(0) {
      $0 + String(decoding: $1, as: UTF8.self).unicodeScalars.count
    }
    var tokenCount = 0
    for text in texts {
      let encoding = learnt.encode(text)
      #expect(!encoding.ids.contains(3))
      #expect(Array(learnt.decode(encoding.ids).utf8) == text)
      tokenCount += encoding.ids.count - 2
    }
    #expect(scalarCount > 3 * tokenCount / 2)
    let again = try trainer.train(on: counts(texts.reversed()))
    #expect(again.fingerprint == learnt.fingerprint)
    #expect(
      try Tokenizer(json: learnt.serialized(), file: "learnt").fingerprint == learnt.fingerprint)
  }

  @Test(arguments: [300, 400, 700])
  func piecesAreTheReferences(_ size: Int) throws {
    let texts = try Fixture.json("training.json").elements("texts").map { try $0.bytes() }
    let expected = try Fixture.json("likely-pieces.json").member("vocabularies")
      .elements("\(size)").map { try $0.bytes() }
    let learnt = try UnigramTrainer(vocabularySize: size).train(on: counts(texts))
    #expect(learnt.vocabularySize == size)
    #expect(Set((0..<size).compactMap { learnt.token(of: TokenID($0)) }) == Set(expected))
  }

  @Test func whatOccursTogetherIsAPiece() throws {
    let text = Array(String(repeating: "abc abd xabc abcy zabc q ", count: 20).utf8)
    let learnt = try UnigramTrainer(vocabularySize: 16).train(on: counts([text]))
    #expect(learnt.id(of: "abc") != nil || learnt.id(of: "\u{2581}abc") != nil)
    #expect(learnt.vocabularySize == 16)
  }

  @Test func ranksThatWaitAreToldThatTheWorkGoesOn() throws {
    let texts = try Fixture.json("training.json").elements("texts").map { try $0.bytes() }
    let counts = counts(texts)
    var beatCount = 0
    _ = try UnigramTrainer(vocabularySize: 100_000).train(on: counts) { beatCount += 1 }
    // Words are looked at once for their letters and twice for the pieces; between, suffixes are sorted.
    #expect(beatCount > 3 * counts.distinctCount)
  }

  @Test func smallVocabulariesAndNoTextAreErrors() throws {
    #expect(throws: TokenizerError.vocabularyTooSmall(size: 7, minimum: 8)) {
      try UnigramTrainer(vocabularySize: 7).train(on: counts([Array("ab".utf8)]))
    }
    #expect(throws: TokenizerError.noWords) {
      try UnigramTrainer(vocabularySize: 300).train(on: counts([[]]))
    }
    let learnt = try UnigramTrainer(vocabularySize: 300).train(on: counts([Array("ab".utf8)]))
    #expect(learnt.encode("ab").ids.count == 5)
  }
}
