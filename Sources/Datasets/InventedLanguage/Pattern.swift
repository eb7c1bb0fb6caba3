import Randomness

/// One form that the sentences of a rule can take.
///
/// A sentence is made by a few independent choices, each uniform; every word is a function of some
/// of them. That is enough both to speak and to compute exactly which words are possible at a place
/// when the rest of the sentence is known.
struct Pattern: Sendable {
  /// How many ways each choice can go.
  let choiceCounts: [Int]
  /// The words, in the order in which they are said.
  private(set) var slots: [Slot] = []

  /// A word as a function of choices.
  struct Slot: Sendable {
    /// Which choices the word depends on, ascending.
    let choices: [Int]
    /// How many ways those choices can go.
    let counts: [Int]
    /// The word for every combination, the last choice running fastest.
    let words: [Int]

    func word(for made: [Int]) -> Int {
      var index = 0
      for (choice, count) in zip(choices, counts) {
        index = index * count + made[choice]
      }
      return words[index]
    }
  }

  init(_ choiceCounts: Int...) {
    self.choiceCounts = choiceCounts
  }

  /// Goes on with a word that is always the same.
  func then(_ word: Int) -> Pattern {
    adding(Slot(choices: [], counts: [], words: [word]))
  }

  /// Goes on with a word that one choice decides.
  func then(_ choice: Int, _ word: (Int) -> Int) -> Pattern {
    adding(
      Slot(
        choices: [choice], counts: [choiceCounts[choice]],
        words: (0..<choiceCounts[choice]).map(word)))
  }

  /// Goes on with a word that two choices decide.
  func then(_ first: Int, _ second: Int, _ word: (Int, Int) -> Int) -> Pattern {
    let counts = [choiceCounts[first], choiceCounts[second]]
    return adding(
      Slot(
        choices: [first, second], counts: counts,
        words: (0..<counts[0]).flatMap { one in (0..<counts[1]).map { word(one, $0) } }))
  }

  /// The probability of one particular way through all choices.
  var wayProbability: Double {
    1 / choiceCounts.reduce(1.0) { $0 * Double($1) }
  }

  /// Says a sentence by random choices.
  func sentence(from stream: inout RandomStream) -> [Int] {
    let made = choiceCounts.map { stream.below($0) }
    return slots.map { $0.word(for: made) }
  }

  /// The probability that the sentence agrees with `words` everywhere but at `place` and has a
  /// certain word there, for all words for which it is positive.
  func probabilities(at place: Int, of words: [Int]) -> [Int: Double] {
    guard words.count == slots.count else { return [:] }
    var found: [Int: Double] = [:]
    var made: [Int] = []
    search(place, words, &made, &found)
    return found
  }

  /// Walks through the choices in order and turns back where a word contradicts them.
  private func search(
    _ place: Int, _ words: [Int], _ made: inout [Int], _ found: inout [Int: Double]
  ) {
    for (index, slot) in slots.enumerated()
    where index != place && (slot.choices.last ?? -1) == made.count - 1 {
      if slot.word(for: made) != words[index] { return }
    }
    if made.count == choiceCounts.count {
      found[slots[place].word(for: made), default: 0] += wayProbability
      return
    }
    for way in 0..<choiceCounts[made.count] {
      made.append(way)
      search(place, words, &made, &found)
      made.removeLast()
    }
  }

  private func adding(_ slot: Slot) -> Pattern {
    var pattern = self
    pattern.slots.append(slot)
    return pattern
  }
}
