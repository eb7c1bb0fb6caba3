/// Learns a vocabulary of one kind.
///
/// A new kind is a type that conforms, and one case of `lockstep tokenizer train`.
public protocol VocabularyTrainer: Sendable {
  /// Counts what the trainer learns from.
  associatedtype Counter: WordCounting

  /// How many tokens the vocabulary has, unless the text is too small for so many.
  var vocabularySize: Int { get }

  /// A counter of the words that this trainer learns from.
  func makeCounter() -> Counter

  /// Learns a vocabulary.
  ///
  /// - Parameters:
  ///   - counts: The words, all of which this trainer's counters counted.
  ///   - beat: Called again and again, to tell others that the work goes on.
  /// - Returns: A tokenizer around the vocabulary.
  /// - Throws: `TokenizerError.noWords` or `.vocabularyTooSmall`; what `beat` throws.
  func train(on counts: WordCounts, beat: () throws -> Void) throws -> Tokenizer
}

/// Counts the words of texts: what several counters counted may be put together.
public protocol WordCounting: Sendable {
  /// The words of all texts so far.
  var counts: WordCounts { get }

  /// Counts the words of a text in UTF-8 that lies in memory; no word goes on in the next text.
  mutating func feed(_ text: UnsafeBufferPointer<UInt8>)
}

extension WordPieceTrainer: VocabularyTrainer {}

extension WordCounter: WordCounting {}

extension ByteLevelTrainer: VocabularyTrainer {
  /// A counter of the words of lines.
  public func makeCounter() -> LineCounter { LineCounter { count($0, into: &$1) } }
}

extension UnigramTrainer: VocabularyTrainer {
  /// A counter of the words of lines.
  public func makeCounter() -> LineCounter { LineCounter { count($0, into: &$1) } }
}
