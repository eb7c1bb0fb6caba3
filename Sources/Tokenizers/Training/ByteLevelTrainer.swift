import Tokens

/// Learns a byte-level vocabulary from words: it starts from the bytes and joins, again and again, the two
/// neighbouring pieces that occur most often side by side.
///
/// The vocabulary is `<s> <pad> </s> <unk> <mask>`, the bytes by the code points of their letters, and
/// the joined pieces as they were made. Of pairs that occur equally often the one whose left piece has
/// the smaller number is joined first, then the one whose right piece has. The same counts always give
/// the same vocabulary.
///
/// Source: `tokenizers.trainers.BpeTrainer` with the pre-tokenizer `ByteLevel`.
public struct ByteLevelTrainer: Sendable {
  /// How many tokens the vocabulary has, unless the text is too small for so many.
  public var vocabularySize: Int
  /// How often a pair must occur at least to be joined.
  public var minimumCount: Int

  /// Says what is to be learnt.
  public init(vocabularySize: Int, minimumCount: Int = 0) {
    self.vocabularySize = vocabularySize
    self.minimumCount = minimumCount
  }

  /// The special tokens, in their order.
  static let specialNames = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]

  /// Counts the words of a text in UTF-8; no word goes on in the next text.
  ///
  /// Hugging Face feeds a file line by line, each with its line end.
  public func count(_ text: [UInt8], into counts: inout WordCounts) {
    var start = 0
    while start < text.count {
      let end = GPT2Words.end(from: start, to: text.count) { index in
        UTF8Decoder.scalar(at: index, of: text)
      }
      counts.add(Array(text[start..<end]))
      start = end
    }
  }

  /// Learns a vocabulary.
  ///
  /// - Parameters:
  ///   - counts: The words, all of which `count(_:into:)` counted.
  ///   - beat: Called again and again, to tell others that the work goes on.
  /// - Returns: A tokenizer as RoBERTa's is, around the vocabulary.
  /// - Throws: `TokenizerError.noWords`, or `.vocabularyTooSmall` if special tokens and bytes do not fit;
  ///   what `beat` throws.
  public func train(on counts: WordCounts, beat: () throws -> Void = {}) throws -> Tokenizer {
    let minimum = Self.specialNames.count + 256
    guard vocabularySize >= minimum else {
      throw TokenizerError.vocabularyTooSmall(size: vocabularySize, minimum: minimum)
    }
    guard counts.distinctCount > 0 else { throw TokenizerError.noWords }
    var vocabulary = ByteStrings(capacity: min(vocabularySize, 1 << 20))
    for name in Self.specialNames { vocabulary.append(token: Array(name.utf8)) }
    for scalar in ByteAlphabet.shared.scalars.sorted() {
      vocabulary.append(token: UTF8Decoder.bytes(of: scalar))
    }
    var words = WordCounts()
    counts.forEach { word, count in words.add(Self.letters(of: word), count: count) }
    var merger = try PairMerger(
      words, vocabulary, prefix: [], longestPiece: WordPiece.longestPiece / 2, beat: beat)
    try merger.merge(until: vocabularySize, minimumCount: minimumCount, beat: beat)
    let tokens = merger.vocabulary
    var merges = MergeTable(capacity: merger.joins.count)
    for (pair, piece) in merger.joins { merges.append(pair.left, pair.right, becomes: piece) }
    let model = BytePairs(
      vocabulary: Vocabulary(tokens, ids: (0..<tokens.count).map { TokenID($0) }), merges: merges)
    return Tokenizer(.byteLevel(model), names: SpecialTokenNames())
  }

  /// A word spelt in the letters of its bytes; what is no UTF-8 counts as U+FFFD.
  private static func letters(of word: [UInt8]) -> [UInt8] {
    var text = NormalizedText()
    for scalar in UTF8Decoder.scalars(of: word) { ByteAlphabet.shared.append(scalar, 0, to: &text) }
    var bytes: [UInt8] = []
    for scalar in text.scalars { UTF8Decoder.encode(scalar, into: &bytes) }
    return bytes
  }
}
