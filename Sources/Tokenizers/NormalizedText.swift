/// A text on its way through the normalizer.
///
/// Kept apart from its bytes because the parts of the pipeline look at Unicode scalars, and because
/// offsets are counted in them.
struct NormalizedText {
  /// The scalars as they are now.
  var scalars: [UInt32] = []
  /// For each scalar the index of the one in the original text that it comes from; ascending.
  var sources: [Int32] = []

  /// Starts over with a stretch of the original text, keeping the memory.
  mutating func reset(to original: [UInt32], in range: Range<Int>) {
    scalars.removeAll(keepingCapacity: true)
    sources.removeAll(keepingCapacity: true)
    scalars.append(contentsOf: original[range])
    sources.append(contentsOf: Int32(range.lowerBound)..<Int32(range.upperBound))
  }

  /// Where scalars of this text lie in the original.
  ///
  /// - Precondition: `range` is not empty.
  func source(of range: Range<Int>) -> Range<Int> {
    Int(sources[range.lowerBound])..<Int(sources[range.upperBound - 1]) + 1
  }
}
