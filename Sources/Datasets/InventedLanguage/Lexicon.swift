import Randomness

/// Coins pronounceable words, each once.
///
/// A word is one or two syllables of a small inventory, so that a learnt vocabulary spends few
/// tokens on parts of words.
struct Lexicon {
  /// The words coined so far, as UTF-8.
  private(set) var words: [[UInt8]] = []

  private static let consonants = Array("bdfgklmnprstvz".utf8)
  private static let vowels = Array("aeiou".utf8)
  private static let openingCount = 36
  private static let closingCount = 20

  private let openings: [[UInt8]]
  private let closings: [[UInt8]]
  private let order: Permutation
  private var shortCount = 0
  private var longCount = 0

  init(key: RandomKey) {
    let count = Self.consonants.count * Self.vowels.count
    let syllables = Permutation(count: count, key: key.derived("syllables"))
    let inventory = (0..<count).map { place in
      let syllable = syllables[place]
      return [
        Self.consonants[syllable / Self.vowels.count], Self.vowels[syllable % Self.vowels.count],
      ]
    }
    openings = Array(inventory[..<Self.openingCount])
    closings = Array(inventory[Self.openingCount..<Self.openingCount + Self.closingCount])
    order = Permutation(
      count: Self.openingCount * Self.closingCount, key: key.derived("words"))
  }

  /// Takes a sign as a word.
  mutating func add(_ sign: StaticString) -> Int {
    words.append(sign.description.utf8.map { $0 })
    return words.count - 1
  }

  /// A new word of one syllable, for the little words that hold sentences together.
  ///
  /// - Precondition: fewer than 36 such words were coined before.
  mutating func coinShort() -> Int {
    words.append(openings[shortCount])
    shortCount += 1
    return words.count - 1
  }

  /// New words of two syllables.
  ///
  /// - Precondition: there are at most 720 such words.
  mutating func coin(_ count: Int) -> [Int] {
    for _ in 0..<count {
      let word = order[longCount]
      words.append(openings[word / Self.closingCount] + closings[word % Self.closingCount])
      longCount += 1
    }
    return Array(words.count - count..<words.count)
  }

  /// New words of two syllables in rows of equal length.
  mutating func coin(_ rowCount: Int, by columnCount: Int) -> [[Int]] {
    (0..<rowCount).map { _ in coin(columnCount) }
  }
}
