import Collectives
import Datasets
import Testing
import Tokenizers
import Training

struct TokenizerLearningTests {
  @Test func theVocabularyDoesNotDependOnRanksAndThreads() throws {
    let bytes = InventedLanguage(seed: 3).text(sentenceCount: 20_000)
    let trainer = WordPieceTrainer(vocabularySize: 200)
    var counter = trainer.makeCounter()
    counter.feed(bytes)
    let expected = try trainer.train(on: counter.counts).fingerprint
    for (ranks, threads) in [(1, 1), (1, 2), (3, 1)] {
      let learnt = try ThreadWorld.run(ranks: ranks) { world in
        try Tokenizer.learnt(
          from: TextDataset(text: bytes), vocabularySize: 200, on: world, threadCount: threads
        ).fingerprint
      }
      #expect(learnt == Array(repeating: expected, count: ranks))
    }
  }

  @Test func textWithoutWordsIsRefusedOnEveryRank() throws {
    let errors = ThreadWorld.outcomes(ranks: 2) { world in
      _ = try Tokenizer.learnt(
        from: TextDataset(text: Array(" \n".utf8)), vocabularySize: 200, on: world)
    }.map(\.error)
    #expect(errors[0] is TokenizerError && errors[1] is RemoteFailure)
  }
}
