import Tokens

/// Learns a WordPiece vocabulary from words: it starts from their letters and joins, again and again,
/// the two neighbouring pieces that occur most often side by side.
///
/// The same counts always give the same vocabulary. Its order is: `[PAD] [UNK] [CLS] [SEP] [MASK]`,
/// the letters by code point, the letters that continue words from the most to the least frequent (of
/// equal ones the smaller code point first), and the joined pieces as they were made. Of pairs that
/// occur equally often the one whose left piece has the smaller number is joined first, then the one
/// whose right piece has. Where the alphabet is cut, of equally frequent letters the smaller code
/// points stay.
///
/// Source: `tokenizers.trainers.WordPieceTrainer`, which leaves the order of continuing letters and the
/// choice among equally frequent letters to chance.
public struct WordPieceTrainer: Sendable {
  /// How many tokens the vocabulary has, unless the text is too small for so many.
  public var vocabularySize: Int
  /// Whether text is lowercased.
  public var lowercases: Bool
  /// Whether accents are stripped; nil does as `lowercases` says.
  public var stripsAccents: Bool?
  /// How often a pair must occur at least to be joined.
  public var minimumCount: Int
  /// How many letters the vocabulary knows at most: the most frequent ones, and fewer if more would
  /// not fit.
  public var alphabetLimit: Int

  /// What the names of pieces that continue a word begin with.
  private static let prefix = Array("##".utf8)
  /// Longer words are unknown in use, so that no longer piece is ever used.
  private static let longestWord = 100

  /// Says what is to be learnt.
  public init(
    vocabularySize: Int, lowercases: Bool = true, stripsAccents: Bool? = nil,
    minimumCount: Int = 0, alphabetLimit: Int = 1000
  ) {
    self.vocabularySize = vocabularySize
    self.lowercases = lowercases
    self.stripsAccents = stripsAccents
    self.minimumCount = minimumCount
    self.alphabetLimit = alphabetLimit
  }

  private var normalizer: BertNormalizer {
    BertNormalizer(stripsAccents: stripsAccents, lowercases: lowercases)
  }

  /// A counter of the words that this trainer learns from.
  public func makeCounter() -> WordCounter {
    WordCounter(normalizer)
  }

  /// Learns a vocabulary.
  ///
  /// - Parameters:
  ///   - counts: The words, all of which this trainer's counters counted.
  ///   - beat: Called again and again, to tell others that the work goes on.
  /// - Returns: A tokenizer as BERT's is, around the vocabulary.
  /// - Throws: `TokenizerError.noWords`, or `.vocabularyTooSmall` if not even one letter fits; what
  ///   `beat` throws.
  public func train(
    on counts: WordCounts, beat: () throws -> Void = {}
  ) throws -> Tokenizer {
    var vocabulary = ByteStrings(capacity: min(vocabularySize, 1 << 20))
    for role in Self.roles { vocabulary.append(token: Array(role.usualNames[0].utf8)) }
    let alphabet = try alphabet(of: counts, beat: beat)
    for letter in alphabet { vocabulary.append(token: letter.bytes) }
    let byCount = alphabet.sorted { ($1.continuingCount, $0.code) < ($0.continuingCount, $1.code) }
    for letter in byCount where letter.continuingCount > 0 {
      vocabulary.append(token: Self.prefix + letter.bytes)
    }
    var merger = try PairMerger(
      counts, vocabulary, prefix: Self.prefix, longestPiece: Self.longestWord, beat: beat)
    try merger.merge(until: vocabularySize, minimumCount: minimumCount, beat: beat)
    let tokens = merger.vocabulary
    let model = WordPiece(
      vocabulary: Vocabulary(tokens, ids: (0..<tokens.count).map { TokenID($0) }),
      unknown: 1, continuingPrefix: Self.prefix, maximumWordLength: Self.longestWord)
    return Tokenizer(.bert(model, normalizer), names: SpecialTokenNames())
  }

  private static let roles: [SpecialTokenNames.Role] = [
    .padding, .unknown, .classification, .separator, .mask,
  ]

  private struct Letter {
    let bytes: [UInt8]
    let code: UInt32
    var count = 0
    /// In how many words it stands behind the first place; each occurrence counts.
    var continuingCount = 0
  }

  /// The letters that the vocabulary knows, by code point.
  private func alphabet(
    of counts: WordCounts, beat: () throws -> Void
  ) throws -> [Letter] {
    var strings = ByteStrings()
    var letters: [Letter] = []
    try counts.forEach { word, count in
      try beat()
      var scalars: [UInt32] = []
      UTF8Decoder.decode(word.span, into: &scalars)
      for (index, scalar) in scalars.enumerated() {
        var bytes: [UInt8] = []
        UTF8Decoder.encode(scalar, into: &bytes)
        let place = strings.insert(bytes.span, hash: ByteHash().adding(bytes.span))
        if place == letters.count { letters.append(Letter(bytes: bytes, code: scalar)) }
        letters[place].count += count
        if index > 0 { letters[place].continuingCount += count }
      }
    }
    letters.sort { ($1.count, $0.code) < ($0.count, $1.code) }
    var kept: [Letter] = []
    var size = Self.roles.count
    for letter in letters.prefix(alphabetLimit) {
      size += letter.continuingCount > 0 ? 2 : 1
      guard size <= vocabularySize else { break }
      kept.append(letter)
    }
    guard !letters.isEmpty else { throw TokenizerError.noWords }
    guard !kept.isEmpty else {
      throw TokenizerError.vocabularyTooSmall(size: vocabularySize, minimum: Self.roles.count + 2)
    }
    return kept.sorted { $0.code < $1.code }
  }
}

extension ByteStrings {
  /// Adds a token that is not there yet, and returns its number.
  @discardableResult
  mutating func append(token: [UInt8]) -> Int {
    append(token.span, hash: ByteHash().adding(token.span))
  }
}
