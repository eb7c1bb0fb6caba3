/// How a flat gradient store is cut.
struct GradientLayout {
  /// The number of floats.
  let floatCount: Int
  /// The buckets, in the order in which the backward pass completes them.
  let buckets: [Range<Int>]

  /// Creates a layout.
  ///
  /// - Precondition: the buckets cover the store once and begin at multiples of `blockSize`.
  init(floatCount: Int, buckets: [Range<Int>]) {
    precondition(floatCount > 0, "a gradient store of \(floatCount) floats")
    var next = 0
    for bucket in buckets.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      precondition(
        bucket.lowerBound == next && !bucket.isEmpty, "bucket \(bucket) begins not at \(next)")
      precondition(
        bucket.lowerBound % GradientReducer.blockSize == 0,
        "bucket \(bucket) begins inside a block of \(GradientReducer.blockSize)")
      next = bucket.upperBound
    }
    precondition(next == floatCount, "buckets end at \(next) of \(floatCount)")
    self.floatCount = floatCount
    self.buckets = buckets
  }

  /// Cuts a range over the ranks by whole blocks.
  ///
  /// - Parameters:
  ///   - range: begins at a block.
  ///   - worldSize: the number of ranks.
  ///   - turn: by how many ranks the shares are shifted, so that small ranges burden all alike.
  /// - Returns: the share of each rank, perhaps empty.
  static func shares(of range: Range<Int>, worldSize: Int, turn: Int) -> [Range<Int>] {
    let blockSize = GradientReducer.blockSize
    let blockCount = (range.count + blockSize - 1) / blockSize
    return (0..<worldSize).map { rank in
      let place = (rank + turn) % worldSize
      let start = range.lowerBound + blockCount * place / worldSize * blockSize
      let end = range.lowerBound + blockCount * (place + 1) / worldSize * blockSize
      return min(start, range.upperBound)..<min(end, range.upperBound)
    }
  }
}
