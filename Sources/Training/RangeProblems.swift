/// Collects the values that lie outside of what is allowed.
package struct RangeProblems {
  /// One for each value, in the order of the checks.
  package var sentences: [String] = []

  /// Starts without problems.
  package init() {}

  /// Looks at a whole number; nil is none.
  package mutating func check(_ option: String, _ value: Int?, in range: ClosedRange<Int>) {
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
