import Randomness

/// A small invented language whose words follow from rules, so what can be predicted is known.
///
/// It has about 400 words and ten rules, from agreement to arithmetic; every sentence is made by one
/// rule. Of a masked word the exact probabilities given the rest of its sentence can be computed,
/// and with them the best that any model can reach. Nothing is stored: sentence *i* of a seed is a
/// function of the seed and *i*.
public struct InventedLanguage: Sendable {
  /// A sentence of the language.
  public struct Sentence: Sendable, Equatable {
    /// The name of the rule that made the sentence.
    public let rule: String
    /// The words, the last of them the full stop.
    public let words: [String]

    let indices: [Int]

    /// The sentence as text, words apart by one space.
    public var text: String { words.joined(separator: " ") }
  }

  private let grammar: Grammar
  private let key: RandomKey

  /// The language of a seed; another seed has other words and other sentences, but the same rules.
  public init(seed: UInt64 = 1) {
    key = RandomKey(seed: seed).derived("invented language")
    grammar = Grammar(key: key)
  }

  /// All words of the language, the full stop among them.
  public var words: [String] {
    grammar.words.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The names of the rules, all of them equally frequent.
  public var ruleNames: [String] {
    grammar.rules.map(\.name)
  }

  /// Sentence `index` of the language's endless text.
  public func sentence(_ index: Int) -> Sentence {
    let spoken = spoken(index)
    return sentence(spoken.rule, spoken.words)
  }

  /// The first sentences of the language's text, one a line, as UTF-8.
  public func text(sentenceCount: Int) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(sentenceCount * 36)
    for index in 0..<sentenceCount {
      for (place, word) in spoken(index).words.enumerated() {
        if place > 0 { text.append(UInt8(ascii: " ")) }
        text += grammar.words[word]
      }
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  /// What may stand at a place of a sentence when all its other words are known.
  ///
  /// - Precondition: `place` is in `sentence.words.indices`.
  public func prediction(at place: Int, in sentence: Sentence) -> Prediction {
    var weights: [Int: Double] = [:]
    for rule in grammar.rules {
      for pattern in rule.patterns {
        let found = pattern.probabilities(at: place, of: sentence.indices)
        for (word, probability) in found {
          weights[word, default: 0] += probability / Double(rule.patterns.count)
        }
      }
    }
    let ordered = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let total = ordered.reduce(0) { $0 + $1.value }
    return Prediction(
      choices: ordered.map { word, weight in
        Prediction.Choice(
          word: String(decoding: grammar.words[word], as: UTF8.self), probability: weight / total)
      })
  }

  /// Sentences that are not in the text, each with one masked word, the same number for each rule.
  ///
  /// The full stop is never masked.
  public func probes(perRule count: Int) -> [Probe] {
    grammar.rules.indices.flatMap { rule in
      (0..<count).map { index in
        let probeKey = key.derived("probes").derived(UInt64(rule), UInt64(index))
        var stream = RandomStream(probeKey)
        let sentence = sentence(rule, words(of: rule, from: &stream))
        let place = stream.below(sentence.words.count - 1)
        return Probe(
          sentence: sentence, place: place, prediction: prediction(at: place, in: sentence))
      }
    }
  }

  private func spoken(_ index: Int) -> (rule: Int, words: [Int]) {
    var stream = RandomStream(key.derived("sentences").derived(UInt64(index)))
    let rule = stream.below(grammar.rules.count)
    return (rule, words(of: rule, from: &stream))
  }

  private func words(of rule: Int, from stream: inout RandomStream) -> [Int] {
    let patterns = grammar.rules[rule].patterns
    return patterns[stream.below(patterns.count)].sentence(from: &stream)
  }

  private func sentence(_ rule: Int, _ words: [Int]) -> Sentence {
    Sentence(
      rule: grammar.rules[rule].name,
      words: words.map { String(decoding: grammar.words[$0], as: UTF8.self) }, indices: words)
  }
}
