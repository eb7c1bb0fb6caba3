extension Communicator {
  /// Gives every rank the bytes of every rank.
  ///
  /// All ranks must call it; sizes may differ.
  ///
  /// - Parameters:
  ///   - bytes: this rank's part.
  ///   - operation: what this is for, for the message of an error.
  /// - Returns: the parts in the order of ranks.
  /// - Throws: `CollectiveError.stalled`.
  public func allgather(
    _ bytes: [UInt8], _ operation: String = "allgather"
  ) throws -> [[UInt8]] {
    guard worldSize > 1 else { return [bytes] }
    var packed: [UInt8] = []
    if isRoot {
      append(bytes, to: &packed)
      for source in 1..<worldSize {
        let count = try receive(byteCount: 8, from: source, tag: .gather, in: operation)
          .withUnsafeBytes { Int($0.loadUnaligned(as: Int64.self)) }
        append(
          count == 0
            ? [] : try receive(byteCount: count, from: source, tag: .gather, in: operation),
          to: &packed)
      }
    } else {
      let count = withUnsafeBytes(of: Int64(bytes.count)) { Array($0) }
      try send(count, to: 0, tag: .gather, in: operation)
      if !bytes.isEmpty { try send(bytes, to: 0, tag: .gather, in: operation) }
    }
    return unpack(try broadcast(packed, from: 0, operation))
  }

  private func append(_ part: [UInt8], to packed: inout [UInt8]) {
    withUnsafeBytes(of: Int64(part.count)) { packed.append(contentsOf: $0) }
    packed.append(contentsOf: part)
  }

  private func unpack(_ packed: [UInt8]) -> [[UInt8]] {
    var start = 0
    return (0..<worldSize).map { _ in
      let count = packed.withUnsafeBytes {
        Int($0.loadUnaligned(fromByteOffset: start, as: Int64.self))
      }
      let part = Array(packed[start + 8..<start + 8 + count])
      start += 8 + count
      return part
    }
  }
}
