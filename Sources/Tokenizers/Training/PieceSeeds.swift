import Glibc

/// What a vocabulary of likely pieces is chosen from: every letter, and all that occurs more than once in
/// different words or places and goes on in more than one way.
struct PieceSeeds {
  /// The letters by code point.
  let letters: [[UInt8]]
  /// Letters and what is longer, each from the most to the least frequent.
  let pieces: [LearntPiece]

  /// How many suffixes are compared between two beats.
  private static let comparisonsPerBeat = 1 << 12

  /// Takes words, and the longest piece in scalars; `beat` is called again and again.
  init(
    _ words: [PieceLattice.Word], longestPiece: Int, _ beat: () throws -> Void
  ) rethrows {
    var text: [UInt32] = []
    var counts: [UInt32: Int] = [:]
    for word in words {
      try beat()
      for scalar in UTF8Decoder.scalars(of: word.bytes) {
        text.append(scalar)
        counts[scalar, default: 0] += word.count
      }
      text.append(0)
    }
    let order = counts.sorted { ($1.value, $1.key) < ($0.value, $0.key) }
    var found = order.map { (bytes: UTF8Decoder.bytes(of: $0.key), count: $0.value) }
    letters = counts.keys.sorted().map { UTF8Decoder.bytes(of: $0) }
    for (scalars, count) in try Self.repeated(text, longestPiece, beat) {
      found.append((scalars.flatMap { UTF8Decoder.bytes(of: $0) }, count))
    }
    let sum = log(Double(found.reduce(0) { $0 + $1.count }))
    pieces = found.map { LearntPiece(bytes: $0.bytes, score: log(Double($0.count)) - sum) }
  }

  /// What occurs at least twice and is not always followed by the same, with its length times how often
  /// it occurs, the largest first; words end with 0.
  ///
  /// These are the inner nodes of the text's suffix tree.
  private static func repeated(
    _ text: [UInt32], _ longestPiece: Int, _ beat: () throws -> Void
  ) rethrows -> [(scalars: ArraySlice<UInt32>, count: Int)] {
    let limit = longestPiece + 1
    func common(_ first: Int, _ second: Int) -> Int {
      var length = 0
      while length < limit, text[first + length] == text[second + length] {
        length += 1
        if text[first + length - 1] == 0 { break }
      }
      return length
    }
    var comparisonCount = 0
    func precedes(_ first: Int, _ second: Int) throws -> Bool {
      comparisonCount += 1
      if comparisonCount.isMultiple(of: comparisonsPerBeat) { try beat() }
      let length = common(first, second)
      let isEqual = length == limit || (length > 0 && text[first + length - 1] == 0)
      return isEqual ? first < second : text[first + length] < text[second + length]
    }
    let suffixes = try text.indices.filter { text[$0] != 0 }.sorted(by: precedes)
    var found: [(scalars: ArraySlice<UInt32>, count: Int)] = []
    /// The nodes above the suffix at hand: their depth and the first suffix below each.
    var open: [(depth: Int, first: Int)] = []
    func close(to depth: Int, at index: Int) -> Int {
      var first = index - 1
      while let last = open.last, last.depth > depth {
        open.removeLast()
        first = last.first
        let scalars = text[suffixes[first]..<suffixes[first] + last.depth]
        guard (2..<limit).contains(last.depth), scalars.last != 0 else { continue }
        found.append((scalars, (index - first) * last.depth))
      }
      return first
    }
    for index in suffixes.indices.dropFirst() {
      let depth = common(suffixes[index - 1], suffixes[index])
      let first = close(to: depth, at: index)
      if depth > (open.last?.depth ?? 0) { open.append((depth, first)) }
    }
    _ = close(to: 0, at: suffixes.count)
    return found.sorted { first, second in
      first.count != second.count
        ? first.count > second.count : second.scalars.lexicographicallyPrecedes(first.scalars)
    }
  }
}
