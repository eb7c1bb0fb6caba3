/// Two pieces side by side.
struct Pair: Hashable {
  let left: Int32
  let right: Int32

  init(_ left: Int32, _ right: Int32) {
    self.left = left
    self.right = right
  }
}

/// How often each pair occurs, and in which words.
struct PairTable {
  private(set) var pairs: [Pair] = []
  private(set) var counts: [Int] = []
  private var words: [[Int32]] = []
  private var places: [Pair: Int] = [:]

  var count: Int { pairs.count }

  /// Adds occurrences of a pair in a word, and returns the pair's place.
  @discardableResult
  mutating func add(_ count: Int, to pair: Pair, in word: Int) -> Int {
    let place: Int
    if let found = places[pair] {
      place = found
    } else {
      place = pairs.count
      places[pair] = place
      pairs.append(pair)
      counts.append(0)
      words.append([])
    }
    counts[place] += count
    if words[place].last != Int32(word) { words[place].append(Int32(word)) }
    return place
  }

  /// Takes occurrences of a pair away.
  mutating func subtract(_ count: Int, from pair: Pair) {
    if let place = places[pair] { counts[place] -= count }
  }

  /// Forgets how often a pair occurred.
  mutating func clear(_ place: Int) { counts[place] = 0 }

  /// Gives up the words in which a pair occurs; some may not have it any more.
  mutating func takeWords(of place: Int) -> [Int32] {
    let result = words[place]
    words[place] = []
    return result
  }

  /// The pair as a queue wants it.
  func candidate(_ place: Int) -> Candidate {
    Candidate(count: counts[place], pair: pairs[place], place: place)
  }

  /// A pair with the count that it had when it was queued; the most frequent come first, of equal ones
  /// that with the smaller numbers.
  struct Candidate: Comparable {
    let count: Int
    let pair: Pair
    let place: Int

    static func < (first: Self, second: Self) -> Bool {
      (second.count, first.pair.left, first.pair.right)
        < (first.count, second.pair.left, second.pair.right)
    }
  }
}
