/// A message on its way.
///
/// It moves along only when somebody tests or waits. It may be tested again after it is done.
public final class PendingTransfer {
  /// The rank at the other end.
  public let peer: Int
  private var advance: (() throws -> Bool)?

  /// Creates a transfer.
  ///
  /// - Parameters:
  ///   - peer: the rank at the other end.
  ///   - advance: moves the message along and says whether it has arrived; not called after that.
  init(peer: Int, advance: @escaping () throws -> Bool) {
    self.peer = peer
    self.advance = advance
  }

  /// Moves the message along.
  ///
  /// - Returns: whether it is over: the memory is free for other use, or holds what was received.
  /// - Throws: `CollectiveError.messageSize` or `CollectiveError.transport`.
  public func test() throws -> Bool {
    guard let advance else { return true }
    guard try advance() else { return false }
    self.advance = nil
    return true
  }
}

extension Communicator {
  /// Waits until a transfer is done.
  ///
  /// - Parameters:
  ///   - transfer: what to wait for.
  ///   - operation: what it is part of, for the message of an error.
  /// - Throws: what its test throws, or `CollectiveError.stalled`.
  public func wait(for transfer: PendingTransfer, in operation: String = "message") throws {
    try wait(in: operation, for: { [transfer.peer] }, until: transfer.test)
  }

  /// Waits until all of several transfers are done.
  ///
  /// - Throws: what their tests throw, or `CollectiveError.stalled`.
  public func wait(for transfers: [PendingTransfer], in operation: String = "message") throws {
    var pending = transfers
    try wait(in: operation, for: { pending.map(\.peer) }) {
      try pending.removeAll { try $0.test() }
      return pending.isEmpty
    }
  }

  /// Sends a copy of some bytes and waits until they are on their way or received.
  func send(_ bytes: [UInt8], to rank: Int, tag: MessageTag, in operation: String) throws {
    try wait(for: startSend(copyOf: bytes, to: rank, tag: tag), in: operation)
  }

  /// Starts to send a copy of some bytes.
  func startSend(copyOf bytes: [UInt8], to rank: Int, tag: MessageTag) throws -> PendingTransfer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    let transfer = try startSend(UnsafeRawBufferPointer(copy), to: rank, tag: tag.rawValue)
    // A transfer that nobody finishes keeps its copy: MPI may still be reading it.
    return PendingTransfer(peer: rank) {
      guard try transfer.test() else { return false }
      copy.deallocate()
      return true
    }
  }

  /// Receives `byteCount` bytes.
  func receive(
    byteCount: Int, from rank: Int, tag: MessageTag, in operation: String
  ) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let space = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[0..<byteCount])
      try wait(for: startReceive(into: space, from: rank, tag: tag.rawValue), in: operation)
      count = byteCount
    }
  }
}
