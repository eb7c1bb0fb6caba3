import Glibc
import Tokens

/// Learns the pieces that make words likely: it starts from all that occurs more than once, and takes
/// away, again and again, a quarter of the pieces, those that are missed least.
///
/// The vocabulary is `<s> <pad> </s> <unk> <mask>` and the pieces from the likeliest on. The same
/// counts always give the same vocabulary.
///
/// Source: `tokenizers.trainers.UnigramTrainer`, which learns the same pieces. Of letters that lost their
/// piece it leaves the order, and so the last digits of their scores, to chance.
public struct UnigramTrainer: Sendable {
  /// How many tokens the vocabulary has, unless the text is too small for so many.
  public var vocabularySize: Int
  /// The longest piece, in Unicode scalars.
  public var longestPiece: Int

  /// How often pieces are weighed before some are taken away.
  private static let roundCount = 2
  /// Which share of the pieces stays.
  private static let keptShare = 0.75
  /// Pieces that are expected less often are dropped.
  private static let leastExpected = 0.5
  /// How much less likely the next letter is that lost its piece.
  private static let letterPenalty = 0.0001

  /// Says what is to be learnt.
  public init(vocabularySize: Int, longestPiece: Int = 16) {
    self.vocabularySize = vocabularySize
    self.longestPiece = longestPiece
  }

  private static let normalizer = Normalizer.sequence([
    .nmt, .form(.nfkc), .replace(.expression(.runsOfSpaces), content: [0x20]),
  ])

  /// Counts the words of a text in UTF-8; no word goes on in the next text.
  ///
  /// Hugging Face feeds a file line by line, each with its line end, which becomes a space.
  public func count(_ text: [UInt8], into counts: inout WordCounts) {
    let scalars = UTF8Decoder.scalars(of: text)
    var normalized = NormalizedText()
    var spare = NormalizedText()
    normalized.reset(to: scalars, in: scalars.indices)
    Self.normalizer.normalize(&normalized, scratch: &spare)
    var words = Words()
    words.reset(to: normalized, normalized.scalars.indices)
    Metaspace().split(&words)
    for range in words.ranges {
      var bytes: [UInt8] = []
      for scalar in words.text.scalars[range] { UTF8Decoder.encode(scalar, into: &bytes) }
      counts.add(bytes)
    }
  }

  /// Learns a vocabulary.
  ///
  /// - Parameters:
  ///   - counts: The words, all of which `count(_:into:)` counted.
  ///   - beat: Called again and again, to tell others that the work goes on.
  /// - Returns: A tokenizer around the vocabulary.
  /// - Throws: `TokenizerError.noWords`, or `.vocabularyTooSmall` if the letters do not fit; what `beat`
  ///   throws.
  public func train(on counts: WordCounts, beat: () throws -> Void = {}) throws -> Tokenizer {
    var words: [PieceLattice.Word] = []
    counts.forEach { word, count in
      if !word.isEmpty { words.append(PieceLattice.Word(word, count: count)) }
    }
    guard !words.isEmpty else { throw TokenizerError.noWords }
    words.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    let seeds = try PieceSeeds(words, longestPiece: longestPiece, beat)
    let minimum = ByteLevelTrainer.specialNames.count + seeds.letters.count
    guard vocabularySize >= minimum else {
      throw TokenizerError.vocabularyTooSmall(size: vocabularySize, minimum: minimum)
    }
    var pieces = seeds.pieces
    let wanted = vocabularySize * 11 / 10
    while true {
      for _ in 0..<Self.roundCount {
        pieces = try weighed(pieces, words, beat)
      }
      // The reference counts its unknown piece along.
      guard pieces.count + 1 > wanted else { break }
      let kept = max(wanted, Int(Double(pieces.count + 1) * Self.keptShare)) - 1
      pieces = try PiecePruner(pieces, words, beat).pruned(to: kept)
    }
    return tokenizer(finished(pieces, letters: seeds.letters))
  }

  /// Pieces with new scores from how often they are expected in words.
  private func weighed(
    _ pieces: [LearntPiece], _ words: [PieceLattice.Word], _ beat: () throws -> Void
  ) throws -> [LearntPiece] {
    var lattice = PieceLattice(pieces)
    var expected = [Double](repeating: 0, count: pieces.count)
    for word in words {
      try beat()
      lattice.fill(word)
      lattice.addExpected(Double(word.count), to: &expected)
    }
    var sum = 0.0
    for count in expected where count >= Self.leastExpected { sum += count }
    let logSum = Self.digamma(sum)
    var result: [LearntPiece] = []
    for (piece, count) in zip(pieces, expected) where count >= Self.leastExpected {
      result.append(LearntPiece(bytes: piece.bytes, score: Self.digamma(count) - logSum))
    }
    return result
  }

  /// The vocabulary's pieces: every letter, and the others as they are until it is full.
  private func finished(
    _ pieces: [LearntPiece], letters: [[UInt8]]
  ) -> [LearntPiece] {
    let scores = Dictionary(pieces.map { ($0.bytes, $0.score) }, uniquingKeysWith: { $1 })
    let least = pieces.map(\.score).min() ?? 0
    var penalty = 0.0
    var result: [LearntPiece] = []
    for letter in letters {
      result.append(LearntPiece(bytes: letter, score: scores[letter] ?? least + penalty))
      if scores[letter] == nil { penalty += Self.letterPenalty }
    }
    let known = Set(letters)
    let room = vocabularySize - ByteLevelTrainer.specialNames.count
    for piece in pieces where !known.contains(piece.bytes) {
      guard result.count < room else { break }
      result.append(piece)
    }
    let order = result.indices.sorted { (result[$1].score, $0) < (result[$0].score, $1) }
    return order.map { result[$0] }
  }

  private func tokenizer(_ pieces: [LearntPiece]) -> Tokenizer {
    let names = ByteLevelTrainer.specialNames.map { Array($0.utf8) }
    let all =
      names.map { UnigramPiece(bytes: $0, score: 0) }
      + pieces.map { UnigramPiece(bytes: $0.bytes, score: $0.score) }
    func special(_ id: Int) -> SpecialPiece {
      SpecialPiece(name: names[id], ids: [TokenID(id)], tokens: [names[id]])
    }
    let single: [TemplateProcessing.Element] = [
      .special(special(0), typeID: 0), .text(isSecond: false, typeID: 0),
      .special(special(2), typeID: 0),
    ]
    let template = TemplateProcessing(
      single: single,
      pair: single + [.text(isSecond: true, typeID: 1), .special(special(2), typeID: 1)],
      pieces: [special(0), special(2)])
    let file = TokenizerFile(
      normalizer: Self.normalizer, preTokenizer: .metaspace(Metaspace()),
      model: .unigram(Unigram(all, unknown: 3)), postProcessor: .template(template),
      decoder: .metaspace(Metaspace()),
      addedTokens: names.enumerated().map { AddedToken(id: TokenID($0), content: $1) })
    return Tokenizer(file, names: SpecialTokenNames())
  }

  /// The derivative of the logarithm of the gamma function.
  private static func digamma(_ argument: Double) -> Double {
    var (x, result) = (argument, 0.0)
    while x < 7 {
      result -= 1 / x
      x += 1
    }
    x -= 0.5
    let square = 1 / x * (1 / x)
    let fourth = square * square
    return result + log(x) + 1 / 24 * square - 7 / 960 * fourth + 31 / 8064 * fourth * square
      - 127 / 30720 * fourth * fourth
  }
}

/// A piece on its way into a vocabulary.
struct LearntPiece {
  let bytes: [UInt8]
  /// The logarithm of how likely it is.
  let score: Double
}
