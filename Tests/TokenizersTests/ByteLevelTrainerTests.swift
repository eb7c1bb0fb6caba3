import Files
import Testing
import Tokenizers
import Tokens

@Suite struct ByteLevelTrainerTests {
  private func counts(_ texts: [[UInt8]]) -> WordCounts {
    var counts = WordCounts()
    for text in texts { ByteLevelTrainer(vocabularySize: 0).count(text, into: &counts) }
    return counts
  }

  @Test func vocabularyIsThatOfTheReference() throws {
    let texts = try Fixture.json("training.json").elements("texts").map { try $0.bytes() }
    let golden = try Fixture.json("bytelevel.json").member("model")
    let size = try golden.member("vocab").object().members.count
    let learnt = try ByteLevelTrainer(vocabularySize: size).train(on: counts(texts))
    let model = JSONCursor(try JSON.parse(learnt.serialized(), file: "learnt"), file: "learnt")
    let found = try model.member("model")
    #expect(try found.member("merges").value == golden.member("merges").value)
    for (token, id) in try golden.member("vocab").object().members {
      #expect(learnt.id(of: token).map(Int.init) == id.int)
    }
    #expect(learnt.vocabularySize == size)
  }

  @Test func wordsAreThoseOfThePattern() {
    let counts = counts([Array("I'm  so so\n\u{E9}12".utf8)])
    for word in ["I", "'m", " ", "\n", "\u{E9}", "12"] {
      #expect(counts.count(of: Array(word.utf8)) == 1, "\(word)")
    }
    #expect(counts.count(of: Array(" so".utf8)) == 2)
  }

  @Test func smallVocabulariesAndNoTextAreErrors() throws {
    let words = counts([Array("ab".utf8)])
    #expect(throws: TokenizerError.vocabularyTooSmall(size: 260, minimum: 261)) {
      try ByteLevelTrainer(vocabularySize: 260).train(on: words)
    }
    #expect(throws: TokenizerError.noWords) {
      try ByteLevelTrainer(vocabularySize: 300).train(on: WordCounts())
    }
    let learnt = try ByteLevelTrainer(vocabularySize: 300).train(on: words)
    #expect(learnt.vocabularySize == 262)
    #expect(learnt.encode("ab").ids == [0, 261, 2])
    #expect(try learnt.specialTokens.mask == 4)
  }

  @Test func minimumCountEndsTheJoining() throws {
    let words = counts([Array("ab ab ac".utf8)])
    let learnt = try ByteLevelTrainer(vocabularySize: 300, minimumCount: 2).train(on: words)
    #expect(learnt.id(of: "ab") != nil && learnt.id(of: "\u{120}ab") == nil)
  }
}
