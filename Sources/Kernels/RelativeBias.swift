/// What attention adds to a score for the distance from its query to its key.
///
/// Source: Raffel et al. 2020, section 2.1, without the buckets: one number a distance.
public struct RelativeBias {
  /// `[headCount, 2 * span - 1]`: the distances from `1 - span` to `span - 1`.
  let values: UnsafePointer<Float>
  /// How many places a sequence has at most.
  let span: Int
  /// The place of every query in its sequence.
  let queryPlaces: [Int32]

  /// Biases of all heads.
  ///
  /// - Parameters:
  ///   - values: `[headCount, 2 * span - 1]`.
  ///   - span: No sequence is longer.
  ///   - queryPlaces: Where each query stands in its sequence.
  public init(_ values: UnsafePointer<Float>, span: Int, queryPlaces: [Int32]) {
    self.values = values
    self.span = span
    self.queryPlaces = queryPlaces
  }

  /// How many numbers a head has.
  var count: Int { 2 * span - 1 }

  /// The place in a head's numbers of the distance from a query to the first key.
  func first(of query: Int) -> Int { span - 1 - Int(queryPlaces[query]) }
}
