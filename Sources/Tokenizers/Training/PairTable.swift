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

  /// The pair as the queue wants it.
  func candidate(_ place: Int) -> PairQueue.Candidate {
    PairQueue.Candidate(count: counts[place], pair: pairs[place], place: place)
  }
}

/// A heap of pairs: the most frequent first, of equal ones that with the smaller numbers.
struct PairQueue {
  /// A pair with the count that it had when it was queued.
  struct Candidate {
    let count: Int
    let pair: Pair
    let place: Int

    func comesBefore(_ other: Candidate) -> Bool {
      (other.count, pair.left, pair.right) < (count, other.pair.left, other.pair.right)
    }
  }

  private var heap: [Candidate] = []

  mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].comesBefore(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Candidate? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return first }
      if child + 1 < heap.count, heap[child + 1].comesBefore(heap[child]) { child += 1 }
      guard heap[child].comesBefore(heap[parent]) else { return first }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
