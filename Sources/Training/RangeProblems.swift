/// Collects the values that lie outside of what is allowed.
struct RangeProblems {
  var sentences: [String] = []

  mutating func check(_ option: String, _ value: Int?, in range: ClosedRange<Int>) {
    guard let value, !range.contains(value) else { return }
    sentences.append("--\(option) \(value): must be \(range.lowerBound) to \(range.upperBound)")
  }

  mutating func check(
    _ option: String, _ value: Double?, _ allowed: String, where isAllowed: (Double) -> Bool
  ) {
    guard let value, !(value.isFinite && isAllowed(value)) else { return }
    sentences.append("--\(option) \(value): must be \(allowed)")
  }
}
