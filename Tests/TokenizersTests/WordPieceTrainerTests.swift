import Files
import Testing
import Tokenizers
import Tokens

@Suite struct WordPieceTrainerTests {
  private func texts() throws -> [[UInt8]] {
    try Fixture.json("training.json").elements("texts").map { try $0.bytes() }
  }

  private func tokens(_ tokenizer: Tokenizer) -> [[UInt8]?] {
    (0..<tokenizer.vocabularySize).map { tokenizer.token(of: TokenID($0)) }
  }

  private func counts(_ texts: some Sequence<[UInt8]>) -> WordCounts {
    var counter = WordPieceTrainer(vocabularySize: 0).makeCounter()
    for text in texts { counter.feed(text) }
    return counter.counts
  }

  @Test(arguments: [("vocabulary", 1000), ("alphabetOf30", 30)])
  func vocabularyIsThatOfThePlainLoop(_ key: String, _ limit: Int) throws {
    let expected = try Fixture.json("training.json").elements(key).map { try $0.bytes() }
    let trainer = WordPieceTrainer(vocabularySize: expected.count, alphabetLimit: limit)
    let tokenizer = try trainer.train(on: counts(texts()))
    #expect(tokens(tokenizer) == expected)
  }

  @Test func workGivesSignsOfLife() throws {
    var counts = WordCounts()
    for word in ["abab", "abc", "cab"] { counts.add(Array(word.utf8), count: 2) }
    var beats = 0
    let tokenizer = try WordPieceTrainer(vocabularySize: 14).train(on: counts) { beats += 1 }
    // Once a word and pass, and once a joined pair.
    #expect(beats >= 2 * 3 + 1 && tokenizer.vocabularySize == 14)
    #expect(throws: Stopped.self) {
      try WordPieceTrainer(vocabularySize: 14).train(on: counts) { throw Stopped() }
    }
  }

  private struct Stopped: Error {}

  @Test func orderAndPartsOfTheTextPlayNoPart() throws {
    let texts = try texts()
    let trainer = WordPieceTrainer(vocabularySize: 300)
    let whole = try trainer.train(on: counts(texts))
    var merged = WordCounts()
    for part in 0..<3 {
      let own = texts.indices.filter { $0 % 3 == part }.reversed().map { texts[$0] }
      merged.merge(try WordCounts(serialized: counts(own).serialized()))
    }
    #expect(merged == counts(texts))
    #expect(merged.serialized() == counts(texts).serialized())
    #expect(try trainer.train(on: merged).fingerprint == whole.fingerprint)
  }

  @Test func learntTokenizerSurvivesItsFile() throws {
    let texts = try texts()
    let trainer = WordPieceTrainer(vocabularySize: 400, lowercases: false, stripsAccents: true)
    var counter = trainer.makeCounter()
    for text in texts { counter.feed(text) }
    let learnt = try trainer.train(on: counter.counts)
    let opened = try Tokenizer(json: learnt.serialized(), file: "learnt")
    #expect(opened.fingerprint == learnt.fingerprint)
    #expect(try opened.specialTokens == learnt.specialTokens)
    for text in texts { #expect(opened.encode(text) == learnt.encode(text)) }
    #expect(texts.joined().count > 2 * texts.map { learnt.encodeIDs($0).count }.reduce(0, +))
  }

  @Test func minimumCountEndsTheJoining() throws {
    let counts = counts([Array("abc abc abd".utf8)])
    let all = try WordPieceTrainer(vocabularySize: 100).train(on: counts)
    #expect(all.id(of: "abc") != nil && all.id(of: "abd") != nil)
    let some = try WordPieceTrainer(vocabularySize: 100, minimumCount: 2).train(on: counts)
    #expect(some.id(of: "abc") != nil && some.id(of: "abd") == nil)
  }

  @Test func alphabetIsCutToFit() throws {
    let counts = counts([Array("aaab aab abc".utf8)])
    let small = try WordPieceTrainer(vocabularySize: 8).train(on: counts)
    #expect(small.vocabularySize <= 8)
    #expect(small.id(of: "a") == 5 && small.id(of: "##a") == 6 && small.id(of: "b") == nil)
    #expect(throws: TokenizerError.vocabularyTooSmall(size: 6, minimum: 7)) {
      try WordPieceTrainer(vocabularySize: 6).train(on: counts)
    }
    #expect(throws: TokenizerError.vocabularyTooSmall(size: -1, minimum: 7)) {
      try WordPieceTrainer(vocabularySize: -1).train(on: counts)
    }
  }

  @Test func textWithoutWordsIsAnError() {
    #expect(throws: TokenizerError.noWords) {
      try WordPieceTrainer(vocabularySize: 100).train(on: counts([[], Array(" \n\u{200B}".utf8)]))
    }
  }

  @Test func longWordsMakeNoPieceLongerThanAWord() throws {
    let text = Array(String(repeating: "ab", count: 500_000).utf8)
    let tokenizer = try WordPieceTrainer(vocabularySize: 1_000).train(on: counts([text]))
    #expect(tokenizer.vocabularySize < 100)
    let longest = tokens(tokenizer).compactMap { $0?.count }.max() ?? 0
    #expect(longest > 60 && longest <= 102)
    #expect(try Tokenizer(json: tokenizer.serialized(), file: "long").vocabularySize < 100)
  }

  @Test func hashesInWordsDoNotStopTheJoining() throws {
    // No text gives such words, but counts may.
    var counts = WordCounts()
    for word in ["###", "##", "#a##b", "a###", "##a"] { counts.add(Array(word.utf8), count: 3) }
    let tokenizer = try WordPieceTrainer(vocabularySize: 60).train(on: counts)
    #expect(tokenizer.vocabularySize <= 60)
  }
}

@Suite struct WordCountsTests {
  @Test func wordsAreCountedAfterNormalization() {
    var counter = WordPieceTrainer(vocabularySize: 0).makeCounter()
    counter.feed(Array("Été, été! ETE\u{301} 中文".utf8))
    let counts = counter.counts
    #expect(counts.count(of: Array("ete".utf8)) == 3)
    #expect(counts.count(of: Array(",".utf8)) == 1)
    #expect(counts.count(of: Array("中".utf8)) == 1)
    #expect(counts.distinctCount == 5 && counts.totalCount == 7)
  }

  @Test func wordsDoNotGoOnInTheNextText() {
    var counter = WordPieceTrainer(vocabularySize: 0).makeCounter()
    counter.feed(Array("ab".utf8))
    counter.feed(Array("cd".utf8))
    #expect(counter.counts.count(of: Array("ab".utf8)) == 1)
    #expect(counter.counts.count(of: Array("abcd".utf8)) == 0)
  }

  @Test func bytesSurviveTheRoundTrip() throws {
    var counts = WordCounts()
    #expect(try WordCounts(serialized: counts.serialized()) == counts)
    counts.add([0xFF, 0x00], count: 1 << 40)
    counts.add([])
    counts.add(Array(repeating: 0x61, count: 1_000), count: 127)
    counts.add([0x61], count: 128)
    counts.add([0x62], count: 0)
    #expect(try WordCounts(serialized: counts.serialized()) == counts)
    #expect(counts.distinctCount == 4)
  }

  @Test func damagedBytesAreRefused() throws {
    var counts = WordCounts()
    for word in ["one", "two", "three"] { counts.add(Array(word.utf8), count: 300) }
    let bytes = counts.serialized()
    for length in 0..<bytes.count {
      #expect(throws: TokenizerError.self) { try WordCounts(serialized: Array(bytes[..<length])) }
    }
    #expect(throws: TokenizerError.self) { try WordCounts(serialized: bytes + [0]) }
    let endless = Array(bytes[..<17]) + Array(repeating: 0xFF, count: 20)
    #expect(throws: TokenizerError.self) { try WordCounts(serialized: endless) }
  }
}
