import Glibc

extension InventedLanguage {
  /// The words that may stand at one place of a sentence, with their exact probabilities.
  public struct Prediction: Sendable, Equatable {
    /// A word that may stand there.
    public struct Choice: Sendable, Equatable {
      /// The word.
      public let word: String
      /// Its probability given all other words of the sentence.
      public let probability: Double
    }

    /// All possible words, the most probable first.
    public let choices: [Choice]

    /// Whether only one word is possible.
    public var isDetermined: Bool { choices.count == 1 }

    /// The share of right answers of whoever always answers the most probable word.
    public var bestAccuracy: Double { choices[0].probability }

    /// The least expected cross-entropy of any prediction, in nats.
    public var entropy: Double {
      choices.reduce(0) { $0 - $1.probability * log($1.probability) }
    }
  }

  /// A sentence with one masked word, and the best that can be said about that word.
  public struct Probe: Sendable, Equatable {
    /// The whole sentence.
    public let sentence: Sentence
    /// Which of its words is masked.
    public let place: Int
    /// What may stand there.
    public let prediction: Prediction

    /// The name of the rule that made the sentence.
    public var rule: String { sentence.rule }

    /// The word that was masked.
    public var answer: String { sentence.words[place] }

    /// The sentence as text with `mask` in place of the masked word.
    public func text(mask: String = "[MASK]") -> String {
      var words = sentence.words
      words[place] = mask
      return words.joined(separator: " ")
    }
  }
}
