internal import Synchronization

/// Where the ranks of one process leave messages for each other.
final class Mailroom: Sendable {
  /// The largest message whose sender need not wait until it is received, as with MPI.
  private static let eagerBytes = 4096

  private struct Address: Hashable {
    var source: Int
    var destination: Int
    var tag: Int
  }

  /// The messages of one address: the n-th that was sent is for the n-th receiver.
  private struct Channel {
    var sentCount = 0
    var receiverCount = 0
    var messages: [Int: Message] = [:]
  }

  private struct State {
    var channels: [Address: Channel] = [:]
    var ended: [Bool]
    var memories: [MemoryName: SharedMemory] = [:]
  }

  private struct MemoryName: Hashable {
    var node: Int
    var number: Int
  }

  let rankCount: Int
  private let state: Mutex<State>

  init(rankCount: Int) {
    self.rankCount = rankCount
    state = Mutex(State(ended: Array(repeating: false, count: rankCount)))
  }

  /// Leaves a copy of a message; see `Communicator.startSend`.
  func startSend(
    _ bytes: UnsafeRawBufferPointer, from source: Int, to destination: Int, tag: Int
  ) -> PendingTransfer {
    let address = self.address(source, destination, tag)
    let message = Message(bytes)
    state.withLock { state in
      let number = state.channels[address, default: Channel()].sentCount
      state.channels[address, default: Channel()].sentCount = number + 1
      state.channels[address, default: Channel()].messages[number] = message
    }
    let isEager = bytes.count <= Self.eagerBytes
    return PendingTransfer(peer: destination) {
      isEager || message.isTaken.load(ordering: .acquiring)
    }
  }

  /// Waits for the next message of an address; see `Communicator.startReceive`.
  func startReceive(
    into bytes: UnsafeMutableRawBufferPointer, from source: Int, to destination: Int, tag: Int
  ) -> PendingTransfer {
    let address = self.address(source, destination, tag)
    let number = state.withLock { state in
      let number = state.channels[address, default: Channel()].receiverCount
      state.channels[address, default: Channel()].receiverCount = number + 1
      return number
    }
    return PendingTransfer(peer: source) { [self] in
      let message = state.withLock { $0.channels[address]?.messages.removeValue(forKey: number) }
      guard let message else { return false }
      message.isTaken.store(true, ordering: .releasing)
      guard message.bytes.count == bytes.count else {
        throw CollectiveError.messageSize(
          from: source, expected: bytes.count, found: message.bytes.count)
      }
      bytes.copyBytes(from: message.bytes)
      return true
    }
  }

  /// The first message for a rank that has no receiver yet; see `Communicator.arrival`.
  func arrival(for destination: Int, tag: Int) -> (source: Int, byteCount: Int)? {
    state.withLock { state in
      for source in 0..<rankCount {
        let address = Address(source: source, destination: destination, tag: tag)
        guard let channel = state.channels[address],
          let message = channel.messages[channel.receiverCount]
        else { continue }
        return (source, message.bytes.count)
      }
      return nil
    }
  }

  /// Notes that a rank will never send again.
  func end(_ rank: Int) { state.withLock { $0.ended[rank] = true } }

  /// Whether a rank will never send again.
  func hasEnded(_ rank: Int) -> Bool { state.withLock { $0.ended[rank] } }

  /// The memory of a number on a node, allocated by the first of its ranks that asks for it.
  func memory(_ number: Int, ofNode node: Int, byteCount: Int) throws -> SharedMemory {
    let name = MemoryName(node: node, number: number)
    return try state.withLock { state in
      if let memory = state.memories[name] { return memory }
      let memory = try SharedMemory(byteCount: byteCount)
      state.memories[name] = memory
      return memory
    }
  }

  private func address(_ source: Int, _ destination: Int, _ tag: Int) -> Address {
    precondition(
      0..<rankCount ~= source && 0..<rankCount ~= destination,
      "message from rank \(source) to rank \(destination) in a world of \(rankCount)")
    return Address(source: source, destination: destination, tag: tag)
  }
}

/// A message between ranks of one process.
private final class Message: Sendable {
  let bytes: [UInt8]
  let isTaken = Atomic(false)

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = Array(bytes)
  }
}
