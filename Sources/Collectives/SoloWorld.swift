public import Diagnostics
internal import Glibc

/// The world of one rank, which needs no MPI.
public final class SoloWorld: Communicator {
  public let state: WorldState
  private let mailroom = Mailroom(rankCount: 1)

  /// Creates a world.
  ///
  /// - Parameter timeout: how long a message of the rank to itself may take.
  public init(timeout: Duration = .seconds(300)) {
    state = WorldState(timeout: timeout)
  }

  public var rank: Int { 0 }
  public var worldSize: Int { 1 }
  public var nodeRank: Int { 0 }
  public var nodeSize: Int { 1 }

  public func startSend(
    _ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int
  ) throws -> PendingTransfer {
    mailroom.startSend(bytes, from: 0, to: rank, tag: tag)
  }

  public func startReceive(
    into bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int
  ) throws -> PendingTransfer {
    mailroom.startReceive(into: bytes, from: rank, to: 0, tag: tag)
  }

  public func arrival(tag: Int) throws -> (source: Int, byteCount: Int)? {
    mailroom.arrival(for: 0, tag: tag)
  }

  public func hasEnded(_ rank: Int) -> Bool { false }

  public var availableSharedMemory: Int { .max }

  public func allocateShared(byteCount: Int) throws -> SharedMemory {
    try SharedMemory(byteCount: byteCount)
  }

  public func close() throws {}

  public func abort(_ code: ExitCode) -> Never { exit(code.rawValue) }
}
