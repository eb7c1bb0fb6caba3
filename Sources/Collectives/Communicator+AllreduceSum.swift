extension Communicator {
  /// Gives every rank the sums of every rank's integers, place by place.
  ///
  /// All ranks must call it, with equally many values; sums beyond 64 bits wrap around.
  ///
  /// - Parameters:
  ///   - values: this rank's integers.
  ///   - operation: what this is for, for the message of an error.
  /// - Returns: the sums.
  /// - Throws: `CollectiveError.stalled`, or `messageSize` if the counts differ.
  public func allreduceSum(
    _ values: [Int64], _ operation: String = "allreduce"
  ) throws -> [Int64] {
    guard worldSize > 1 else { return values }
    let tree = BinomialTree(rank: rank, worldSize: worldSize, root: 0)
    var sums = values
    for child in tree.children.reversed() {
      let part = try receive(
        byteCount: values.count * 8, from: child, tag: .reduce, in: operation)
      part.withUnsafeBytes { part in
        for index in sums.indices {
          sums[index] &+= part.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)
        }
      }
    }
    if let parent = tree.parent {
      try send(sums.withUnsafeBytes { Array($0) }, to: parent, tag: .reduce, in: operation)
    }
    try sums.withUnsafeMutableBytes { try broadcast(into: $0, from: 0, operation) }
    return sums
  }
}
