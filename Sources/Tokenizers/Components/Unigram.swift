import Files
import Tokens

/// A piece and the logarithm of how likely it is.
struct UnigramPiece: Sendable {
  let bytes: [UInt8]
  let score: Double
  /// The score as the file has it.
  let spelling: JSON

  init(bytes: [UInt8], score: Double, spelling: JSON? = nil) {
    self.bytes = bytes
    self.score = score
    self.spelling = spelling ?? JSON(score)
  }
}

/// Spells words in the pieces that are together the likeliest.
///
/// Source: `tokenizers.models.Unigram`, which is SentencePiece's `EncodeOptimized`.
struct Unigram: Sendable {
  /// How much less likely than the least likely piece a letter is that no piece has.
  static let unknownPenalty = 10.0

  let vocabulary: Vocabulary
  /// Every piece in the file's order, as a piece may appear twice.
  let pieces: [UnigramPiece]
  /// What stands for letters that no piece has.
  let unknown: TokenID?
  let fallsBackToBytes: Bool
  private let trie: ByteTrie
  private let unknownScore: Double
  private let byteIDs: [TokenID]?

  /// - Precondition: The scores are finite, and `unknown` is the place of a piece.
  init(
    _ pieces: [UnigramPiece], unknown: TokenID?, fallsBackToBytes: Bool = false
  ) {
    self.pieces = pieces
    self.unknown = unknown
    self.fallsBackToBytes = fallsBackToBytes
    var strings = ByteStrings(capacity: pieces.count)
    var ids: [TokenID] = []
    for (id, piece) in pieces.enumerated() {
      let place = strings.insert(piece.bytes.span, hash: ByteHash().adding(piece.bytes.span))
      if place == ids.count { ids.append(0) }
      ids[place] = TokenID(id)
    }
    let vocabulary = Vocabulary(strings, ids: ids)
    self.vocabulary = vocabulary
    trie = ByteTrie(pieces.enumerated().map { ($1.bytes, Int32($0)) })
    unknownScore = (pieces.map(\.score).min() ?? 0) - Self.unknownPenalty
    byteIDs = fallsBackToBytes ? ByteTokens.ids(in: vocabulary) : nil
  }

  /// The best way to a place in a word.
  struct Step {
    var score = 0.0
    /// Where the last piece of the way begins, -1 if there is no way yet.
    var start: Int32 = -1
    var id: TokenID = 0
  }

  /// Spells the word in `word`.
  ///
  /// - Parameters:
  ///   - word: The word, which is not empty, and memory.
  ///   - output: Where the tokens are appended, with the places of their bytes.
  func spell(_ word: inout WordScratch, into output: inout [Piece]) {
    findWay(&word)
    let first = output.count
    var end = word.bytes.count
    while end > 0 {
      let step = word.steps[end]
      // Neighbours without a piece are one.
      if step.id == -1, let last = output.last, output.count > first, last.id == -1 {
        output[output.count - 1] = Piece(
          id: -1, range: Int(step.start)..<last.range.upperBound)
      } else {
        output.append(Piece(id: step.id, range: Int(step.start)..<end))
      }
      end = Int(step.start)
    }
    output[first...].reverse()
    guard output[first...].contains(where: { $0.id == -1 }) else { return }
    let spelt = Array(output[first...])
    output.removeSubrange(first...)
    for piece in spelt { append(piece, word, to: &output) }
  }

  private func findWay(_ word: inout WordScratch) {
    word.steps.removeAll(keepingCapacity: true)
    word.steps.append(contentsOf: repeatElement(Step(), count: word.bytes.count + 1))
    var start = 0
    for end in word.ends {
      let score = word.steps[start].score
      var hasLetter = false
      func offer(_ id: TokenID, _ total: Double, at end: Int) {
        guard word.steps[end].start < 0 || total > word.steps[end].score else { return }
        word.steps[end] = Step(score: total, start: Int32(start), id: id)
      }
      trie.forEachPrefix(of: word.bytes, from: start) { id, length in
        // The unknown piece itself counts as one that is not known.
        offer(id == unknown ? -1 : id, pieces[Int(id)].score + score, at: start + length)
        if start + length == end { hasLetter = true }
      }
      if !hasLetter { offer(-1, unknownScore + score, at: end) }
      start = end
    }
  }

  private func append(_ piece: Piece, _ word: WordScratch, to output: inout [Piece]) {
    guard piece.id == -1 else { return output.append(piece) }
    let bytes = Array(word.bytes[piece.range])
    if let id = vocabulary.id(of: bytes) {
      output.append(Piece(id: id, range: piece.range))
    } else if let byteIDs {
      for byte in bytes { output.append(Piece(id: byteIDs[Int(byte)], range: piece.range)) }
    } else if let unknown {
      output.append(Piece(id: unknown, range: piece.range))
    }
  }
}

extension Unigram {
  /// Reads a tokenizer file's `model` of this kind.
  ///
  /// - Throws: `TokenizerError.contradiction` if the unknown piece is none of the vocabulary's or a piece
  ///   is too long, `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    let list = try json.member("vocab")
    guard let entries = list.value.array else { throw list.mismatch(expected: "an array") }
    let pieces = try entries.enumerated().map { index, entry in
      guard let parts = entry.array, parts.count == 2, let bytes = parts[0].bytes,
        case .number(let digits) = parts[1], let score = ReferenceNumber.value(of: digits)
      else {
        throw TokenizerError.contradiction(
          file: json.file, path: "\(list.path)[\(index)]",
          problem: "it is '\(String(displaying: entry.serialized()))'",
          expected: "a piece and its score, a finite number")
      }
      guard bytes.count <= WordPiece.longestPiece else {
        throw TokenizerError.contradiction(
          file: json.file, path: "\(list.path)[\(index)]",
          problem: "the piece has \(bytes.count) bytes",
          expected: "at most \(WordPiece.longestPiece)")
      }
      return UnigramPiece(bytes: bytes, score: score, spelling: parts[1])
    }
    let unknown = try json.optionalMember("unk_id")
    if let unknown, !entries.indices.contains(try unknown.int()) {
      throw unknown.mismatch(expected: "the place of a piece, 0 to \(entries.count - 1)")
    }
    self.init(
      pieces, unknown: try unknown?.tokenID(),
      fallsBackToBytes: try json.optionalBool("byte_fallback") ?? false)
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    [
      "type": "Unigram", "unk_id": unknown.map { JSON($0) } ?? .null,
      "vocab": JSON(pieces.map { [.string($0.bytes), $0.spelling] }),
      "byte_fallback": JSON(fallsBackToBytes),
    ]
  }
}
