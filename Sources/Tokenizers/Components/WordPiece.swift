import Tokens

/// Spells words by the longest pieces of a vocabulary, from left to right.
///
/// Source: `tokenizers.models.WordPiece`.
struct WordPiece: Sendable {
  /// The longest piece that a vocabulary may have, in bytes: it bounds the work for a scalar of text.
  static let longestPiece = 1024

  let vocabulary: Vocabulary
  /// What stands for a word that cannot be spelt.
  let unknown: TokenID
  /// What the names of pieces that continue a word begin with.
  let continuingPrefix: [UInt8]
  /// A word of more scalars is unknown.
  let maximumWordLength: Int
  private let continuingHash: ByteHash

  init(
    vocabulary: Vocabulary, unknown: TokenID, continuingPrefix: [UInt8] = [0x23, 0x23],
    maximumWordLength: Int = 100
  ) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    self.continuingPrefix = continuingPrefix
    self.maximumWordLength = maximumWordLength
    continuingHash = ByteHash().adding(continuingPrefix.span)
  }

  /// Spells one word.
  ///
  /// - Parameters:
  ///   - word: Its scalars are `scalars[word]`; it is not empty.
  ///   - scalars: The text.
  ///   - scratch: Lends its memory.
  ///   - pieces: Where the pieces are appended, with the places of their scalars.
  func spell(
    _ word: Range<Int>, of scalars: [UInt32], scratch: inout WordScratch, into pieces: inout [Piece]
  ) {
    guard word.count <= maximumWordLength else {
      return pieces.append(Piece(id: unknown, range: word))
    }
    scratch.take(word, of: scalars)
    let first = pieces.count
    var start = 0
    while start < word.count {
      guard let piece = longestPiece(from: start, &scratch) else {
        pieces.removeSubrange(first...)
        return pieces.append(Piece(id: unknown, range: word))
      }
      let range = word.lowerBound + start..<word.lowerBound + piece.end
      pieces.append(Piece(id: piece.id, range: range))
      start = piece.end
    }
  }

  /// The longest piece that begins at a scalar of the word in `scratch`, and the scalar it ends before.
  private func longestPiece(from start: Int, _ scratch: inout WordScratch) -> (
    id: TokenID, end: Int
  )? {
    let offset = start == 0 ? 0 : scratch.ends[start - 1]
    var hash = start == 0 ? ByteHash() : continuingHash
    let longest = vocabulary.longestToken - (start == 0 ? 0 : continuingPrefix.count)
    scratch.hashes.removeAll(keepingCapacity: true)
    var byte = offset
    var end = start
    while end < scratch.ends.count, scratch.ends[end] - offset <= longest {
      while byte < scratch.ends[end] {
        hash.add(scratch.bytes[byte])
        byte += 1
      }
      scratch.hashes.append(hash)
      end += 1
    }
    let bytes = scratch.bytes.span
    let prefix = continuingPrefix.span.extracting(first: start == 0 ? 0 : continuingPrefix.count)
    while end > start {
      let part = bytes.extracting(offset..<scratch.ends[end - 1])
      if let id = vocabulary.id(of: prefix, then: part, hash: scratch.hashes[end - 1 - start]) {
        return (id, end)
      }
      end -= 1
    }
    return nil
  }
}

/// A token of a text, and the scalars that it covers.
struct Piece {
  let id: TokenID
  let range: Range<Int>
}

/// A word in bytes, and memory for spelling it, used again for each.
struct WordScratch: Sendable {
  private(set) var bytes: [UInt8] = []
  /// Where each scalar ends in `bytes`.
  private(set) var ends: [Int] = []
  /// Of the scalars from a piece's first up to each that follows.
  fileprivate var hashes: [ByteHash] = []
  /// For joining pairs.
  var symbols: [BytePairs.Symbol] = []
  /// How many steps joining the pairs of long words has taken.
  var mergeSteps = 0
  /// For finding the likeliest pieces.
  var steps: [Unigram.Step] = []

  /// Takes the scalars of a word.
  mutating func take(_ word: Range<Int>, of scalars: [UInt32]) {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    for index in word {
      UTF8Decoder.encode(scalars[index], into: &bytes)
      ends.append(bytes.count)
    }
  }

  /// The scalar that some bytes spell, nil if it has more than two bytes.
  func scalar(from start: Int, to end: Int) -> UInt32? {
    switch end - start {
    case 1: UInt32(bytes[start])
    case 2: UInt32(bytes[start] & 0x1F) << 6 | UInt32(bytes[start + 1] & 0x3F)
    default: nil
    }
  }
}
