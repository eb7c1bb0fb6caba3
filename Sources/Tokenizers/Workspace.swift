import Tokens

/// Memory for encoding, used again from text to text.
struct Workspace: Sendable {
  var original: [UInt32] = []
  var text = NormalizedText()
  var spare = NormalizedText()
  var segments: [AddedTokenMatcher.Segment] = []
  var innerSegments: [AddedTokenMatcher.Segment] = []
  var word = WordScratch()
  /// The tokens of the text, with the places in the original scalars that they come from.
  var pieces: [Piece] = []
  var known = KnownChunks()
}

/// The tokens of chunks of text that were met lately, for texts repeat their words.
struct KnownChunks: Sendable {
  /// The longest chunk that is kept, in bytes.
  static let longest = 64
  /// How many chunks are kept before all are forgotten.
  private static let limit = 1 << 17

  private var chunks = ByteStrings(capacity: 1 << 12)
  private var ids: [TokenID] = []
  private var ends: [Int] = []

  /// Appends the tokens of a chunk and returns true if it is known.
  func append(_ chunk: Span<UInt8>, hash: ByteHash, to output: inout [TokenID]) -> Bool {
    guard let place = chunks.place(of: chunk, hash: hash) else { return false }
    var index = place == 0 ? 0 : ends[place - 1]
    while index < ends[place] {
      output.append(ids[index])
      index += 1
    }
    return true
  }

  /// Keeps the tokens of a chunk that is not known.
  mutating func learn(_ chunk: Span<UInt8>, hash: ByteHash, _ pieces: [Piece]) {
    if chunks.count == Self.limit {
      chunks.removeAll()
      ids.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
    }
    chunks.append(chunk, hash: hash)
    for piece in pieces { ids.append(piece.id) }
    ends.append(ids.count)
  }
}
