/// A text in words, on its way through the pre-tokenizer.
struct Words {
  /// The text, which pre-tokenizers may rewrite.
  var text = NormalizedText()
  /// The words in order; none is empty, and what lies between them is dropped.
  var ranges: [Range<Int>] = []

  /// Starts over with one word, keeping the memory.
  mutating func reset(to text: NormalizedText, _ range: Range<Int>) {
    self.text.empty(at: text.start)
    self.text.scalars.append(contentsOf: text.scalars[range])
    self.text.sources.append(contentsOf: text.sources[range])
    ranges.removeAll(keepingCapacity: true)
    if !range.isEmpty { ranges.append(0..<range.count) }
  }

  /// Parts every word.
  mutating func split(
    _ parts: (_ scalars: [UInt32], Range<Int>, _ body: (Range<Int>) -> Void) -> Void
  ) {
    var result: [Range<Int>] = []
    result.reserveCapacity(ranges.count)
    for range in ranges {
      parts(text.scalars, range) { if !$0.isEmpty { result.append($0) } }
    }
    ranges = result
  }

  /// Writes every word anew.
  mutating func rewrite(_ body: (_ old: NormalizedText, Range<Int>, inout NormalizedText) -> Void) {
    var result = Words()
    result.text.empty(at: text.start)
    for range in ranges {
      let start = result.text.scalars.count
      body(text, range, &result.text)
      let end = result.text.scalars.count
      if start < end { result.ranges.append(start..<end) }
    }
    self = result
  }
}

/// What becomes of the matches of a pattern at which words are parted.
///
/// Source: `tokenizers.SplitDelimiterBehavior`.
enum DelimiterBehavior: String, Sendable, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// Calls `body` with the parts of a range.
  ///
  /// - Parameters:
  ///   - range: What is parted.
  ///   - matches: The delimiters in it, in order.
  ///   - inverted: Whether what is between them are the delimiters instead.
  ///   - body: Called with each part, in order; some may be empty.
  func forEachPart(
    of range: Range<Int>, _ matches: [Range<Int>], inverted: Bool = false,
    _ body: (Range<Int>) -> Void
  ) {
    var parts: [(range: Range<Int>, isDelimiter: Bool)] = []
    var end = range.lowerBound
    for match in matches {
      if end < match.lowerBound { parts.append((end..<match.lowerBound, inverted)) }
      parts.append((match, !inverted))
      end = match.upperBound
    }
    if end < range.upperBound { parts.append((end..<range.upperBound, inverted)) }
    switch self {
    case .removed: for part in parts where !part.isDelimiter { body(part.range) }
    case .isolated: for part in parts { body(part.range) }
    case .contiguous:
      Self.merge(parts) { $0 == $1 }.forEach(body)
    case .mergedWithPrevious:
      Self.merge(parts) { !$0 && $1 }.forEach(body)
    case .mergedWithNext:
      Self.merge(parts) { $0 && !$1 }.forEach(body)
    }
  }

  /// Joins neighbours, which is decided by whether the first and the second are delimiters.
  private static func merge(
    _ parts: [(range: Range<Int>, isDelimiter: Bool)], _ joins: (Bool, Bool) -> Bool
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var last: Bool?
    for (range, isDelimiter) in parts {
      if let last, joins(last, isDelimiter), let previous = result.last {
        result[result.count - 1] = previous.lowerBound..<range.upperBound
      } else {
        result.append(range)
      }
      last = isDelimiter
    }
    return result
  }
}
