internal import Glibc

/// Which of a limited number of relative positions stands for a distance: near ones for themselves,
/// far ones for ever larger ranges.
///
/// Source: He et al. 2021, "DeBERTaV3", appendix; `make_log_bucket_position` of `transformers`'
/// DeBERTa-v2, in float32 as there.
public struct RelativeBuckets: Sendable {
  /// How many relative positions there are on either side.
  public let span: Int
  private let bucketCount: Int?
  private let maximum: Int

  /// Every distance below `maximum` stands for itself, or `bucketCount` on either side for all.
  ///
  /// - Precondition: `bucketCount` is at least 2 and its half less than `maximum - 1`.
  public init(bucketCount: Int?, maximum: Int) {
    precondition(
      maximum > 0 && bucketCount.map { $0 >= 2 && $0 / 2 < maximum - 1 } ?? true,
      "RelativeBuckets: \(bucketCount ?? 0) buckets, maximum \(maximum)")
    self.bucketCount = bucketCount
    self.maximum = maximum
    span = bucketCount ?? maximum
  }

  /// The relative position of a distance; negative for negative ones.
  public func bucket(of distance: Int) -> Int {
    guard let bucketCount else { return distance }
    let middle = bucketCount / 2
    let size = abs(distance)
    guard size > middle else { return distance }
    let share =
      logf(Float(size) / Float(middle)) / logf(Float(Double(maximum - 1) / Double(middle)))
    let bucket = Int((share * Float(middle - 1)).rounded(.up)) + middle
    return distance < 0 ? -bucket : bucket
  }

  /// The row of a table `[2 · span, …]` for a distance.
  public func row(of distance: Int) -> Int {
    min(max(bucket(of: distance) + span, 0), 2 * span - 1)
  }

  /// The rows that sequences of at most `length` tokens read, and for every distance from
  /// `1 - length` on which of them.
  public func rows(length: Int) -> (rows: [Int32], distanceRows: [Int32]) {
    let reach = max(length, 1) - 1
    let (first, last) = (row(of: -reach), row(of: reach))
    return (
      Array(Int32(first)...Int32(last)), (-reach...reach).map { Int32(row(of: $0) - first) }
    )
  }
}
