import Glibc

/// All ways to spell a word in pieces.
struct PieceLattice {
  /// A word with how often it occurs.
  struct Word {
    let bytes: [UInt8]
    /// Where each scalar ends.
    let ends: [Int]
    let count: Int

    init(_ bytes: [UInt8], count: Int) {
      self.bytes = bytes
      self.count = count
      ends = bytes.indices.filter { $0 + 1 == bytes.count || bytes[$0 + 1] & 0xC0 != 0x80 }
        .map { $0 + 1 }
    }
  }

  /// A piece at its place; -1 for a letter that no piece has.
  private struct Node {
    let id: Int32
    let start: Int32
    let end: Int32
    let score: Double
  }

  private let scores: [Double]
  private let trie: ByteTrie
  private let unknownScore: Double
  /// By start, and of equal starts by end.
  private var nodes: [Node] = []
  private var length = 0
  private var alpha: [Double] = []
  private var beta: [Double] = []
  private var best: [(score: Double, node: Int)] = []

  init(_ pieces: [LearntPiece]) {
    scores = pieces.map(\.score)
    trie = ByteTrie(pieces.enumerated().map { ($1.bytes, Int32($0)) })
    unknownScore = (scores.min() ?? 0) - Unigram.unknownPenalty
  }

  /// Starts over with a word.
  mutating func fill(_ word: Word) {
    nodes.removeAll(keepingCapacity: true)
    length = word.bytes.count
    var start = 0
    for end in word.ends {
      var hasLetter = false
      trie.forEachPrefix(of: word.bytes, from: start) { id, length in
        nodes.append(
          Node(
            id: id, start: Int32(start), end: Int32(start + length), score: scores[Int(id)]))
        hasLetter = hasLetter || start + length == end
      }
      if !hasLetter {
        nodes.append(
          Node(id: -1, start: Int32(start), end: Int32(end), score: unknownScore))
      }
      start = end
    }
  }

  /// Adds how often each piece is expected if the word occurs `count` times.
  mutating func addExpected(_ count: Double, to expected: inout [Double]) {
    reset(&alpha, to: -.infinity)
    reset(&beta, to: -.infinity)
    (alpha[0], beta[length]) = (0, 0)
    for node in nodes {
      alpha[Int(node.end)] = Self.logSum(
        alpha[Int(node.end)], alpha[Int(node.start)] + node.score)
    }
    for node in nodes.reversed() {
      beta[Int(node.start)] = Self.logSum(beta[Int(node.start)], beta[Int(node.end)] + node.score)
    }
    let total = alpha[length]
    for node in nodes where node.id >= 0 {
      expected[Int(node.id)] +=
        count * exp(alpha[Int(node.start)] + node.score + beta[Int(node.end)] - total)
    }
  }

  /// The likeliest way, without the piece that is the whole word if `apart`; nil if there is none.
  mutating func bestWay(apart: Bool = false) -> (ids: [Int], score: Double)? {
    best.removeAll(keepingCapacity: true)
    best.append(contentsOf: repeatElement((score: 0, node: -1), count: length + 1))
    for (index, node) in nodes.enumerated() where node.start == 0 || best[Int(node.start)].node >= 0
    {
      if apart, node.start == 0, Int(node.end) == length { continue }
      let score = best[Int(node.start)].score + node.score
      if best[Int(node.end)].node < 0 || score > best[Int(node.end)].score {
        best[Int(node.end)] = (score, index)
      }
    }
    guard best[length].node >= 0 else { return nil }
    var ids: [Int] = []
    var end = length
    while end > 0 {
      let node = nodes[best[end].node]
      ids.append(Int(node.id))
      end = Int(node.start)
    }
    return (ids.reversed(), best[length].score)
  }

  private func reset(_ values: inout [Double], to value: Double) {
    values.removeAll(keepingCapacity: true)
    values.append(contentsOf: repeatElement(value, count: length + 1))
  }

  private static func logSum(_ first: Double, _ second: Double) -> Double {
    let (low, high) = (min(first, second), max(first, second))
    return high > low + 50 ? high : high + log(exp(low - high) + 1)
  }
}

/// Takes away the pieces that are missed least.
struct PiecePruner {
  private let pieces: [LearntPiece]
  /// How often each piece is part of the likeliest way of a word; behind them, letters that no piece has.
  private var counts: [Double]
  private var total = 0.0
  /// How a piece would be spelt without it; nil if it cannot be, empty if it never is used itself.
  private var alternatives: [[Int]?] = []

  init(
    _ pieces: [LearntPiece], _ words: [PieceLattice.Word], _ beat: () throws -> Void
  ) rethrows {
    self.pieces = pieces
    counts = [Double](repeating: 0, count: pieces.count + 1)
    var lattice = PieceLattice(pieces)
    for piece in pieces {
      try beat()
      lattice.fill(PieceLattice.Word(piece.bytes, count: 1))
      let other = lattice.bestWay(apart: true)
      let isApart = other.map { $0.score >= piece.score } ?? false
      alternatives.append(isApart ? [] : other?.ids)
    }
    for word in words {
      try beat()
      lattice.fill(word)
      total += Double(word.count)
      for id in lattice.bestWay()?.ids ?? [] { counts[place(of: id)] += Double(word.count) }
    }
  }

  /// Where a piece, or -1 for a letter that no piece has, is counted.
  private func place(of id: Int) -> Int { id >= 0 ? id : pieces.count }

  /// The pieces that stay.
  func pruned(to size: Int) -> [LearntPiece] {
    let sum = counts.reduce(0, +)
    var result: [LearntPiece] = []
    var candidates: [(id: Int, loss: Double)] = []
    for (id, piece) in pieces.enumerated() {
      guard let others = alternatives[id] else {
        result.append(piece)
        continue
      }
      guard counts[id] > 0 else { continue }
      guard !others.isEmpty else {
        result.append(piece)
        continue
      }
      let own = log(counts[id]) - log(sum)
      // Not the count of `others`, which theory wants: the reference takes that of all pieces.
      let otherSum = log(sum + counts[id] * Double(pieces.count))
      let other = others.reduce(0.0) { result, other in
        result + log(counts[place(of: other)] + counts[id]) - otherSum
      }
      candidates.append((id, counts[id] / total * (own - other)))
    }
    candidates.sort { ($1.loss, $0.id) < ($0.loss, $1.id) }
    for candidate in candidates.prefix(max(0, size - result.count)) {
      result.append(pieces[candidate.id])
    }
    return result
  }
}
