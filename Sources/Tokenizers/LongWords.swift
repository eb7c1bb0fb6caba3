import Tokens

/// The tokens of longer pieces of text that were met lately, for texts repeat their words.
struct LongWords: Sendable {
  /// The longest piece that is kept, in bytes.
  static let longest = 64
  /// How many pieces are kept before all are forgotten.
  private static let limit = 1 << 16

  private var pieces = ByteStrings()
  private var ids: [TokenID] = []
  private var ends: [Int] = []

  /// Appends the tokens of a piece and returns true if it is known.
  func append(_ piece: Span<UInt8>, hash: ByteHash, to output: inout [TokenID]) -> Bool {
    guard piece.count <= Self.longest, let place = pieces.place(of: piece, hash: hash) else {
      return false
    }
    var index = place == 0 ? 0 : ends[place - 1]
    while index < ends[place] {
      output.append(ids[index])
      index += 1
    }
    return true
  }

  /// Keeps the tokens of a piece that is not known.
  mutating func learn(_ piece: Span<UInt8>, hash: ByteHash, _ tokens: [Piece]) {
    if pieces.count == Self.limit {
      pieces.removeAll()
      ids.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
    }
    pieces.append(piece, hash: hash)
    for token in tokens { ids.append(token.id) }
    ends.append(ids.count)
  }
}
