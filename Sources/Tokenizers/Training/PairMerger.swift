/// Joins the most frequent pairs of neighbouring pieces in words, keeping the counts of all pairs.
struct PairMerger {
  /// What the names of pieces that continue a word begin with.
  private let prefix: [UInt8]
  /// The pieces; joined ones come last.
  private(set) var vocabulary: ByteStrings
  /// The pairs that were joined, in order, with what they became.
  private(set) var joins: [(pair: Pair, piece: Int32)] = []
  /// The longest piece that is made, in scalars.
  private let longestPiece: Int
  /// The pieces of all words, each word's first ones in `lengths[word]` places from `starts[word]`.
  private var pieces: [Int32] = []
  private var starts: [Int] = []
  private var lengths: [Int] = []
  private var wordCounts: [Int] = []
  private var pairs = PairTable()
  private var queue = Heap<PairTable.Candidate>()
  /// The places of pairs that occur more often through the join at hand.
  private var risen: [Int] = []

  /// Takes words apart into letters; those that the vocabulary does not have are passed over.
  ///
  /// `beat` is called for every word.
  init(
    _ counts: WordCounts, _ vocabulary: ByteStrings, prefix: [UInt8], longestPiece: Int,
    beat: () throws -> Void
  ) rethrows {
    self.prefix = prefix
    self.vocabulary = vocabulary
    self.longestPiece = longestPiece
    try counts.forEach { word, count in
      try beat()
      let start = pieces.count
      var isFirst = true
      var index = 0
      while index < word.count {
        var end = index + 1
        while end < word.count, word[end] & 0xC0 == 0x80 { end += 1 }
        let letter = Array(word[index..<end])
        if let piece = vocabulary.place(of: isFirst ? letter : prefix + letter) {
          pieces.append(Int32(piece))
        }
        isFirst = false
        index = end
      }
      guard pieces.count - start > 1 else { return pieces.removeSubrange(start...) }
      let word = starts.count
      starts.append(start)
      lengths.append(pieces.count - start)
      wordCounts.append(count)
      for index in start..<pieces.count - 1 {
        pairs.add(count, to: Pair(pieces[index], pieces[index + 1]), in: word)
      }
    }
    for place in 0..<pairs.count { queue.push(pairs.candidate(place)) }
  }

  /// Joins pairs until the vocabulary has `size` tokens or no pair occurs often enough.
  ///
  /// `beat` is called for every pair that is looked at.
  mutating func merge(
    until size: Int, minimumCount: Int, beat: () throws -> Void
  ) rethrows {
    while vocabulary.count < size, let candidate = queue.pop() {
      try beat()
      let place = candidate.place
      let count = pairs.counts[place]
      guard candidate.count == count else {
        // The count fell since the pair was queued; where it rose a newer entry came before.
        if count > 0, count < candidate.count { queue.push(pairs.candidate(place)) }
        continue
      }
      guard count >= max(1, minimumCount) else { return }
      join(place)
    }
  }

  private mutating func join(_ place: Int) {
    let pair = pairs.pairs[place]
    let words = pairs.takeWords(of: place)
    guard let piece = joinedPiece(pair) else { return pairs.clear(place) }
    joins.append((pair, piece))
    risen.removeAll(keepingCapacity: true)
    for word in words { join(pair, into: piece, in: Int(word)) }
    pairs.clear(place)
    risen.sort()
    var last = -1
    for place in risen where place != last {
      queue.push(pairs.candidate(place))
      last = place
    }
  }

  /// The number of the piece that two pieces make, which is new or was made of others before; nil if it
  /// would be too long.
  private mutating func joinedPiece(_ pair: Pair) -> Int32? {
    let left = vocabulary[Int(pair.left)]
    var right = vocabulary[Int(pair.right)][...]
    if right.starts(with: prefix) { right = right.dropFirst(prefix.count) }
    let token = left + right
    let length = token.count { $0 & 0xC0 != 0x80 }
    // A piece without letters of its own would join for ever.
    guard length <= longestPiece, !right.isEmpty, !left.isEmpty else { return nil }
    return Int32(vocabulary.insert(token.span, hash: ByteHash().adding(token.span)))
  }

  /// Joins every occurrence of a pair in one word, from the left.
  private mutating func join(_ pair: Pair, into piece: Int32, in word: Int) {
    let start = starts[word]
    let end = start + lengths[word]
    let count = wordCounts[word]
    func rise(_ pair: Pair) { risen.append(pairs.add(count, to: pair, in: word)) }
    var read = start
    var write = start
    while read < end {
      guard read + 1 < end, pieces[read] == pair.left, pieces[read + 1] == pair.right else {
        pieces[write] = pieces[read]
        (read, write) = (read + 1, write + 1)
        continue
      }
      if write > start {
        pairs.subtract(count, from: Pair(pieces[write - 1], pair.left))
        rise(Pair(pieces[write - 1], piece))
      }
      if read + 2 < end {
        pairs.subtract(count, from: Pair(pair.right, pieces[read + 2]))
        rise(Pair(piece, pieces[read + 2]))
      }
      pieces[write] = piece
      (read, write) = (read + 2, write + 1)
    }
    lengths[word] = write - start
  }
}
