/// Counts the words of texts after BERT's normalizer and pre-tokenizer.
public struct WordCounter: Sendable {
  private let normalizer: BertNormalizer
  private var words = WordCounts()
  /// What stands between spaces in the text as given, for that repeats and is quick to find.
  private var chunks = ByteStrings()
  private var chunkCounts: [Int] = []

  /// Chunks beyond this length, in bytes, are not worth keeping.
  private static let longestChunk = 256
  /// How many chunks are kept before they are turned into words.
  private static let chunkLimit = 1 << 20

  init(_ normalizer: BertNormalizer) {
    self.normalizer = normalizer
  }

  /// Counts the words of a text in UTF-8; no word goes on in the next text.
  public mutating func feed(_ text: [UInt8]) { feed(text.span) }

  /// Counts the words of a text in UTF-8 that lies in memory; no word goes on in the next text.
  public mutating func feed(_ text: UnsafeBufferPointer<UInt8>) { unsafe feed(text.span) }

  private mutating func feed(_ text: Span<UInt8>) {
    forEachChunk(of: text) { chunk, hash in
      guard chunk.count <= Self.longestChunk else { return count(chunk, times: 1) }
      let place = chunks.insert(chunk, hash: hash)
      if place == chunkCounts.count { chunkCounts.append(0) }
      chunkCounts[place] += 1
      if chunks.count == Self.chunkLimit { settle() }
    }
  }

  /// The words of all texts so far.
  public var counts: WordCounts {
    var counter = self
    counter.settle()
    return counter.words
  }

  /// Turns the chunks that are kept into words.
  private mutating func settle() {
    for place in chunkCounts.indices {
      count(chunks[place].span, times: chunkCounts[place])
    }
    chunks.removeAll()
    chunkCounts.removeAll(keepingCapacity: true)
  }

  private mutating func count(_ chunk: Span<UInt8>, times: Int) {
    var text = NormalizedText()
    var spare = NormalizedText()
    UTF8Decoder.decode(chunk, into: &text.scalars)
    text.sources = Array(repeating: 0, count: text.scalars.count)
    normalizer.normalize(&text, scratch: &spare)
    let scalars = text.scalars
    BertPreTokenizer().forEachWord(in: scalars, scalars.indices) { word in
      var bytes: [UInt8] = []
      for index in word { UTF8Decoder.encode(scalars[index], into: &bytes) }
      words.add(bytes, count: times)
    }
  }
}
