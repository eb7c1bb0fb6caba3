import Tokens

/// What spelling words needs, with the words that were spelt lately, for texts repeat their words.
struct WordWorkspace: Sendable {
  /// The longest word that is kept, in bytes.
  private static let longest = 64
  /// How many words are kept before all are forgotten.
  private static let limit = 1 << 16

  var scratch = WordScratch()
  private var words = ByteStrings()
  /// The tokens of all words, with the places of their scalars.
  private var pieces: [Piece] = []
  private var ends: [Int] = []
  private var spelt: [Piece] = []

  /// Appends the tokens of one word, with the places of its scalars.
  ///
  /// - Parameters:
  ///   - word: Its scalars are `scalars[word]`; it is not empty.
  ///   - scalars: The text.
  ///   - output: Where the tokens are appended.
  ///   - spell: Called for a word that is not known: appends the tokens with the places of their bytes.
  mutating func spell(
    _ word: Range<Int>, of scalars: [UInt32], into output: inout [Piece],
    _ spell: (inout WordScratch, inout [Piece]) -> Void
  ) {
    scratch.take(word, of: scalars)
    guard scratch.bytes.count <= Self.longest else {
      spelt.removeAll(keepingCapacity: true)
      spell(&scratch, &spelt)
      return append(spelt[...], at: word.lowerBound, toScalars: true, &output)
    }
    let hash = ByteHash().adding(scratch.bytes.span)
    if let place = words.place(of: scratch.bytes.span, hash: hash) {
      let start = place == 0 ? 0 : ends[place - 1]
      return append(pieces[start..<ends[place]], at: word.lowerBound, toScalars: false, &output)
    }
    if words.count == Self.limit {
      words.removeAll()
      pieces.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
    }
    spelt.removeAll(keepingCapacity: true)
    spell(&scratch, &spelt)
    let start = pieces.count
    var known = pieces
    pieces = []
    append(spelt[...], at: 0, toScalars: true, &known)
    append(known[start...], at: word.lowerBound, toScalars: false, &output)
    pieces = known
    ends.append(pieces.count)
    let bytes = scratch.bytes
    words.append(bytes.span, hash: hash)
  }

  /// Appends pieces that begin at a place; with `toScalars` their places become those of the scalars that
  /// have their first and last bytes.
  private func append(
    _ pieces: ArraySlice<Piece>, at offset: Int, toScalars: Bool, _ output: inout [Piece]
  ) {
    guard toScalars else {
      for piece in pieces {
        output.append(
          Piece(
            id: piece.id,
            range: piece.range.lowerBound + offset..<piece.range.upperBound + offset))
      }
      return
    }
    var first = 0
    let last = scratch.ends.count - 1
    for piece in pieces {
      while first < last, scratch.ends[first] <= piece.range.lowerBound { first += 1 }
      var end = first
      while end < last, scratch.ends[end] < piece.range.upperBound { end += 1 }
      output.append(Piece(id: piece.id, range: offset + first..<offset + end + 1))
    }
  }
}
