/// A text on its way through the normalizer.
///
/// Kept apart from its bytes because the parts of the pipeline look at Unicode scalars, and because
/// offsets are counted in them.
struct NormalizedText {
  /// The scalars as they are now.
  var scalars: [UInt32] = []
  /// For each scalar the index of the one in the original text that it comes from; one less than `start`
  /// for what comes from nowhere.
  var sources: [Int32] = []
  /// Where the stretch begins in the original text.
  private(set) var start: Int32 = 0

  /// Starts over with a stretch of the original text, keeping the memory.
  mutating func reset(to original: [UInt32], in range: Range<Int>) {
    empty(at: Int32(range.lowerBound))
    scalars.append(contentsOf: original[range])
    sources.append(contentsOf: Int32(range.lowerBound)..<Int32(range.upperBound))
  }

  /// Starts over without scalars, keeping the memory.
  mutating func empty(at start: Int32) {
    scalars.removeAll(keepingCapacity: true)
    sources.removeAll(keepingCapacity: true)
    self.start = start
  }

  mutating func append(_ scalar: UInt32, _ source: Int32) {
    scalars.append(scalar)
    sources.append(source)
  }

  /// Whether all scalars are ASCII, which most normalizers leave alone.
  var isASCII: Bool { scalars.allSatisfy { $0 < 0x80 } }

  /// Where scalars of this text lie in the original.
  ///
  /// - Precondition: `range` is not empty.
  func source(of range: Range<Int>) -> Range<Int> {
    let first = Int(max(start, sources[range.lowerBound]))
    return first..<max(first, Int(sources[range.upperBound - 1]) + 1)
  }
}

/// Writes a text anew, scalar by scalar, and finds for each the one in the original that it comes from.
///
/// Source: `tokenizers.NormalizedString.transform`.
struct TextRewriter {
  private(set) var text: NormalizedText
  private let old: NormalizedText
  /// How many of the old scalars are used up.
  private var used = 0

  /// Takes the text to rewrite, and another whose memory is used.
  init(_ old: NormalizedText, reusing spare: consuming NormalizedText) {
    self.old = old
    text = spare
    text.empty(at: old.start)
  }

  /// Appends a scalar.
  ///
  /// - Parameters:
  ///   - scalar: What is appended.
  ///   - change: 0 if it takes the place of one old scalar, -n if it takes that of n + 1, 1 if it is added.
  mutating func append(_ scalar: UInt32, change: Int) {
    guard change <= 0 else {
      return text.append(scalar, used > 0 ? old.sources[used - 1] : old.start - 1)
    }
    text.append(scalar, old.sources[min(used, old.sources.count - 1)])
    used = min(used + 1 - change, old.sources.count)
  }

  /// Passes over old scalars.
  mutating func skip(_ count: Int) { used = min(used + count, old.sources.count) }

  /// Keeps old scalars as they are.
  mutating func keep(_ range: Range<Int>) {
    for index in range { text.append(old.scalars[index], old.sources[index]) }
    used = range.upperBound
  }
}
