import Datasets
import Glibc
import Testing
import Tokenizers

@Suite struct InventedLanguageTests {
  let language = InventedLanguage(seed: 1)

  @Test func hasAboutFourHundredDifferentWords() {
    #expect(language.words.count > 350 && language.words.count < 450)
    #expect(Set(language.words).count == language.words.count)
    #expect(language.ruleNames.count == 10)
  }

  @Test func aSentenceIsAFunctionOfSeedAndIndex() {
    let again = InventedLanguage(seed: 1)
    let other = InventedLanguage(seed: 2)
    for index in [0, 1, 77, 1_000_000] {
      #expect(language.sentence(index) == again.sentence(index))
      #expect(language.sentence(index).text != other.sentence(index).text)
    }
  }

  @Test func textIsItsSentencesOneALine() {
    let lines = String(decoding: language.text(sentenceCount: 50), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 51)
    #expect(lines.last == "")
    for (index, line) in lines.dropLast().enumerated() {
      #expect(line == language.sentence(index).text)
      #expect(line.hasSuffix(" ."))
    }
    #expect(language.text(sentenceCount: 0).isEmpty)
  }

  @Test func rulesAreEquallyFrequent() {
    var counts: [String: Int] = [:]
    for index in 0..<20_000 { counts[language.sentence(index).rule, default: 0] += 1 }
    for name in language.ruleNames {
      // 2000 expected with a standard deviation of 42.
      #expect(abs(counts[name, default: 0] - 2000) < 190, "\(name)")
    }
  }

  @Test func predictionsAreDistributionsThatContainTheAnswer() {
    for probe in language.probes(perRule: 40) {
      let choices = probe.prediction.choices
      #expect(abs(choices.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
      #expect(choices.contains { $0.word == probe.answer })
      #expect(choices.map(\.probability) == choices.map(\.probability).sorted(by: >))
      #expect(probe.prediction.isDetermined == (probe.prediction.entropy < 1e-12))
      #expect(probe.place < probe.sentence.words.count - 1)
    }
  }

  /// The predictions must be what counting in a long text gives: over many sentences the most
  /// probable word must be right as often as claimed, and the mean surprise equal the mean entropy.
  @Test(arguments: [
    "agreement", "pronouns", "arithmetic", "order", "brackets", "kinds", "opposites", "comparison",
    "repetition", "mirror",
  ])
  func predictionsAgreeWithFrequencies(rule: String) {
    var expectedHits = 0.0
    var hits = 0.0
    var variance = 0.0
    var entropy = 0.0
    var surprise = 0.0
    var surpriseVariance = 0.01
    for index in 0..<30_000 {
      let sentence = language.sentence(index)
      guard sentence.rule == rule else { continue }
      let place = index / 7 % (sentence.words.count - 1)
      let prediction = language.prediction(at: place, in: sentence)
      let best = prediction.bestAccuracy
      // Equally probable words are told apart by nothing: count a share of each.
      let bestWords = prediction.choices.filter { $0.probability == best }.map(\.word)
      if bestWords.contains(sentence.words[place]) { hits += 1 / Double(bestWords.count) }
      expectedHits += best
      variance += best * (1 - best)
      let actual = prediction.choices.first { $0.word == sentence.words[place] }
      surprise -= log(actual?.probability ?? 0)
      entropy += prediction.entropy
      surpriseVariance += prediction.choices.reduce(0) {
        let distance = -log($1.probability) - prediction.entropy
        return $0 + $1.probability * distance * distance
      }
    }
    #expect(abs(hits - expectedHits) <= 4 * variance.squareRoot() + 1e-9)
    #expect(abs(surprise - entropy) <= 4 * surpriseVariance.squareRoot())
  }

  @Test func mostWordsAreDeterminedAndSomeAreFree() {
    var determined = 0
    var count = 0
    var surprise = 0.0
    for index in 0..<2000 {
      let sentence = language.sentence(index)
      for place in sentence.words.indices.dropLast() {
        let prediction = language.prediction(at: place, in: sentence)
        determined += prediction.isDetermined ? 1 : 0
        surprise += prediction.entropy
        count += 1
      }
    }
    let share = Double(determined) / Double(count)
    #expect(share > 0.7 && share < 0.95, "\(share)")
    #expect(surprise / Double(count) < 0.5, "\(surprise / Double(count))")
  }

  @Test func unigramEntropyIsHigh() {
    var counts: [String: Int] = [:]
    var total = 0
    for index in 0..<20_000 {
      for word in language.sentence(index).words {
        counts[word, default: 0] += 1
        total += 1
      }
    }
    let entropy = counts.values.reduce(0.0) {
      let share = Double($1) / Double(total)
      return $0 - share * log(share)
    }
    #expect(counts.count == language.words.count)
    #expect(entropy > 4.5, "\(entropy)")
  }

  /// The words are made of few syllables, so that few parts of words are needed besides them.
  @Test func aSmallVocabularyHasEveryWordAsOneToken() throws {
    let trainer = WordPieceTrainer(vocabularySize: 512)
    var counter = trainer.makeCounter()
    counter.feed(language.text(sentenceCount: 20_000))
    let tokenizer = try trainer.train(on: counter.counts)
    #expect(tokenizer.vocabularySize < 512)
    for word in language.words {
      #expect(tokenizer.encodeIDs(Array(word.utf8)).count == 1, "\(word)")
    }
  }

  @Test func probesMaskOneWord() {
    let probes = language.probes(perRule: 3)
    #expect(probes.count == 30)
    #expect(Set(probes.map(\.rule)).count == 10)
    for probe in probes {
      let words = probe.text().split(separator: " ").map(String.init)
      #expect(words[probe.place] == "[MASK]")
      #expect(probe.sentence.words[probe.place] == probe.answer)
      #expect(words.count == probe.sentence.words.count)
    }
  }
}
