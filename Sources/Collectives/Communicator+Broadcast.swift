extension Communicator {
  /// Copies one rank's memory to all others'.
  ///
  /// All ranks must call it, with memory of one size.
  ///
  /// - Parameters:
  ///   - buffer: what the root sends and the others receive.
  ///   - root: the rank that has the bytes.
  ///   - operation: what this is for, for the message of an error.
  /// - Throws: `CollectiveError.stalled`, or `messageSize` if the sizes differ.
  public func broadcast(
    into buffer: UnsafeMutableRawBufferPointer, from root: Int, _ operation: String = "broadcast"
  ) throws {
    precondition(0..<worldSize ~= root, "root \(root) is no rank of a world of \(worldSize)")
    guard worldSize > 1 else { return }
    let tree = BinomialTree(rank: rank, worldSize: worldSize, root: root)
    // In pieces, so that the lower levels of the tree send while the upper ones still receive.
    let pieceBytes = 1 << 22
    var sending: [PendingTransfer] = []
    var start = 0
    repeat {
      let end = min(start + pieceBytes, buffer.count)
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end])
      if let parent = tree.parent {
        try wait(
          for: startReceive(into: piece, from: parent, tag: MessageTag.broadcast.rawValue),
          in: operation)
      }
      for child in tree.children {
        sending.append(
          try startSend(
            UnsafeRawBufferPointer(piece), to: child, tag: MessageTag.broadcast.rawValue))
      }
      start = end
    } while start < buffer.count
    try wait(for: sending, in: operation)
  }

  /// Gives every rank one rank's bytes.
  ///
  /// All ranks must call it.
  ///
  /// - Parameters:
  ///   - bytes: the bytes on the root; ignored elsewhere.
  ///   - root: the rank that has the bytes.
  ///   - operation: what this is for, for the message of an error.
  /// - Returns: the root's bytes.
  /// - Throws: `CollectiveError.stalled`.
  public func broadcast(
    _ bytes: [UInt8]?, from root: Int, _ operation: String = "broadcast"
  ) throws -> [UInt8] {
    precondition(rank != root || bytes != nil, "the root of a broadcast has no bytes")
    if worldSize == 1, let bytes { return bytes }
    var message = rank == root ? bytes ?? [] : []
    var count = Int64(message.count)
    try withUnsafeMutableBytes(of: &count) { try broadcast(into: $0, from: root, operation) }
    if rank != root { message = [UInt8](repeating: 0, count: Int(count)) }
    if count > 0 {
      try message.withUnsafeMutableBytes { try broadcast(into: $0, from: root, operation) }
    }
    return message
  }
}
