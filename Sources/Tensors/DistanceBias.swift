/// What attention adds to a score: a number of a table by the bucket of the distance from query to key.
///
/// Source: Raffel et al. 2020, section 2.1; Song et al. 2020.
public struct DistanceBias {
  /// `[bucketCount, headCount]`.
  let table: Parameter
  /// The bucket of every distance from `1 - span` to `span - 1`.
  let buckets: [Int32]
  /// The place of every query in its sequence.
  let queryPlaces: [Int32]

  /// A bias for sequences of at most `(buckets.count + 1) / 2` tokens.
  ///
  /// - Parameters:
  ///   - table: `[bucketCount, headCount]`.
  ///   - buckets: The rows of `table` for the distances from key to query, in ascending order; the one
  ///     in the middle is that of distance 0.
  ///   - queryPlaces: Where each query stands in its sequence, from 0.
  /// - Precondition: There is an odd number of buckets, all of them rows of the table.
  public init(_ table: Parameter, buckets: [Int32], queryPlaces: [Int32]) {
    precondition(
      buckets.count % 2 == 1 && table.shape.count == 2
        && buckets.allSatisfy { 0 <= $0 && $0 < table.shape[0] },
      "DistanceBias: \(buckets.count) buckets, table \(table.shape)")
    self.table = table
    self.buckets = buckets
    self.queryPlaces = queryPlaces
  }

  /// The longest sequence.
  var span: Int { (buckets.count + 1) / 2 }

  /// The table's numbers for every head and distance, `[headCount, 2 * span - 1]`.
  func spread(headCount: Int) -> Storage {
    precondition(
      table.shape[1] == headCount, "DistanceBias: table \(table.shape), \(headCount) heads")
    let y = Storage(count: headCount * buckets.count)
    for head in 0..<headCount {
      for (place, bucket) in buckets.enumerated() {
        y.pointer[head * buckets.count + place] = table.values[Int(bucket) * headCount + head]
      }
    }
    return y
  }

  /// Adds gradients `[sequenceCount, headCount, 2 * span - 1]` to the table's, sequence by sequence.
  func gather(_ gradients: Storage, headCount: Int, sequenceCount: Int) {
    let sums = table.clearedGradient()
    for row in 0..<sequenceCount * headCount {
      let gradient = gradients.pointer + row * buckets.count
      for (place, bucket) in buckets.enumerated() {
        sums[Int(bucket) * headCount + row % headCount] += gradient[place]
      }
    }
  }
}
