package import Tensors

/// Which parts of the gradients are summed together, and when each is complete.
///
/// Backward passes finish the last parameters first, so buckets run from the end of the store to its
/// beginning.
package struct BucketPlan {
  /// The buckets in the order in which a backward pass finishes them.
  package let buckets: [Range<Int>]
  private let parametersOfBucket: [Int]
  private let bucketsOfParameter: [ObjectIdentifier: Range<Int>]

  /// Cuts a store into buckets of whole blocks.
  ///
  /// - Parameters:
  ///   - store: The parameters.
  ///   - size: How many elements a bucket has at most; 4 MB by default.
  package init(_ store: ParameterStore, size: Int = 1 << 20) {
    let block = ParameterStore.blockSize
    let blockCount = store.count / block
    // At least eight buckets where there are blocks enough, so that small models overlap as well.
    let perBucket = max(1, min(size / block, blockCount / 8))
    var buckets: [Range<Int>] = []
    var end = blockCount
    while end > 0 {
      let start = max(0, end - perBucket)
      buckets.append(start * block..<end * block)
      end = start
    }
    var counts = [Int](repeating: 0, count: buckets.count)
    var places: [ObjectIdentifier: Range<Int>] = [:]
    for parameter in store.parameters {
      let range = parameter.offset..<parameter.offset + parameter.count
      let overlapping = buckets.indices.filter { buckets[$0].overlaps(range) }
      guard let first = overlapping.first, let last = overlapping.last else { continue }
      places[ObjectIdentifier(parameter)] = first..<last + 1
      for bucket in overlapping { counts[bucket] += 1 }
    }
    self.buckets = buckets
    parametersOfBucket = counts
    bucketsOfParameter = places
  }

  /// Counts finished parameters during one backward pass.
  package struct Progress {
    private let plan: BucketPlan
    private var missing: [Int]
    private var next = 0

    /// Nothing is finished.
    package init(_ plan: BucketPlan) {
      self.plan = plan
      missing = plan.parametersOfBucket
    }

    /// Notes that a parameter's gradient is final.
    ///
    /// - Returns: The buckets that can be summed now, in order.
    package mutating func finish(_ parameter: Parameter) -> Range<Int> {
      for bucket in plan.bucketsOfParameter[ObjectIdentifier(parameter)] ?? 0..<0 {
        missing[bucket] -= 1
      }
      return takeReady()
    }

    /// The buckets that can be summed and were not handed out yet.
    package mutating func takeReady() -> Range<Int> {
      let first = next
      while next < missing.count, missing[next] == 0 { next += 1 }
      return first..<next
    }
  }
}
