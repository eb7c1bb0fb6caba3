/// Parts text at white space, and sets every punctuation mark apart.
///
/// Source: `tokenizers.pre_tokenizers.BertPreTokenizer`.
struct BertPreTokenizer: Sendable, Equatable {
  /// Calls `body` with the place of each word in `scalars[range]`, in order; none is empty.
  func forEachWord(in scalars: [UInt32], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    let properties = UnicodeTables.shared.properties
    var start = range.lowerBound
    for index in range {
      let found = properties[scalars[index]]
      guard !found.isDisjoint(with: [.separator, .punctuation]) else { continue }
      if start < index { body(start..<index) }
      if found.contains(.punctuation) { body(index..<index + 1) }
      start = index + 1
    }
    if start < range.upperBound { body(start..<range.upperBound) }
  }
}
