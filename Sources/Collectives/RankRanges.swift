/// Ranks in words: `rank 4`, `ranks 0-3, 6`.
///
/// - Parameter ranks: ascending and without repetition.
/// - Returns: the words.
package func describe(ranks: [Int]) -> String {
  var ranges: [ClosedRange<Int>] = []
  for rank in ranks {
    if let last = ranges.last, last.upperBound + 1 == rank {
      ranges[ranges.count - 1] = last.lowerBound...rank
    } else {
      ranges.append(rank...rank)
    }
  }
  let list = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
  return (ranks.count == 1 ? "rank " : "ranks ") + list.joined(separator: ", ")
}
