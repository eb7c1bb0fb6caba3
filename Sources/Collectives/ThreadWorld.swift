public import Diagnostics
internal import Glibc
internal import Synchronization

/// A world whose ranks are threads of this process, for tests.
public final class ThreadWorld: Communicator {
  public let rank: Int
  public let state: WorldState
  private let mailroom: Mailroom
  private let ranksPerNode: Int
  private var memoryCount = 0

  private init(rank: Int, mailroom: Mailroom, ranksPerNode: Int, timeout: Duration) {
    self.rank = rank
    self.mailroom = mailroom
    self.ranksPerNode = ranksPerNode
    state = WorldState(timeout: timeout)
  }

  public var worldSize: Int { mailroom.rankCount }
  public var nodeRank: Int { rank % ranksPerNode }
  public var nodeSize: Int { min(ranksPerNode, worldSize - (rank - nodeRank)) }

  public func startSend(
    _ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int
  ) throws -> PendingTransfer {
    mailroom.startSend(bytes, from: self.rank, to: rank, tag: tag)
  }

  public func startReceive(
    into bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int
  ) throws -> PendingTransfer {
    mailroom.startReceive(into: bytes, from: rank, to: self.rank, tag: tag)
  }

  public func arrival(tag: Int) throws -> (source: Int, byteCount: Int)? {
    mailroom.arrival(for: rank, tag: tag)
  }

  public func hasEnded(_ rank: Int) -> Bool { mailroom.hasEnded(rank) }

  public var availableSharedMemory: Int { .max }

  public func allocateShared(byteCount: Int) throws -> SharedMemory {
    defer { memoryCount += 1 }
    return try mailroom.memory(memoryCount, ofNode: rank / ranksPerNode, byteCount: byteCount)
  }

  public func close() throws { try barrier("end of the world") }

  public func abort(_ code: ExitCode) -> Never { exit(code.rawValue) }
}

extension ThreadWorld {
  /// Runs a body on every rank of a new world, each on a thread of its own.
  ///
  /// - Parameters:
  ///   - ranks: the size of the world.
  ///   - ranksPerNode: how many of them act as if they shared a node; all if nil.
  ///   - timeout: how long a rank waits for others.
  ///   - body: what a rank does.
  /// - Returns: what the bodies returned, in the order of ranks.
  /// - Throws: the error of the rank that failed first.
  public static func run<Result: Sendable>(
    ranks: Int, ranksPerNode: Int? = nil, timeout: Duration = .seconds(60),
    _ body: @escaping @Sendable (any Communicator) throws -> Result
  ) throws -> [Result] {
    let outcomes = outcomes(
      ranks: ranks, ranksPerNode: ranksPerNode, timeout: timeout, body)
    if let first = outcomes.filter({ $0.error != nil }).min(by: { $0.place < $1.place }),
      let error = first.error
    {
      throw error
    }
    return outcomes.compactMap(\.value)
  }

  /// Runs a body on every rank of a new world and keeps what each returned or threw.
  ///
  /// - Parameters:
  ///   - ranks: the size of the world.
  ///   - ranksPerNode: how many of them act as if they shared a node; all if nil.
  ///   - timeout: how long a rank waits for others.
  ///   - body: what a rank does.
  /// - Returns: the outcomes in the order of ranks.
  public static func outcomes<Result: Sendable>(
    ranks: Int, ranksPerNode: Int? = nil, timeout: Duration = .seconds(60),
    _ body: @escaping @Sendable (any Communicator) throws -> Result
  ) -> [Outcome<Result>] {
    precondition(ranks > 0 && ranksPerNode ?? 1 > 0, "a world of \(ranks) ranks")
    let mailroom = Mailroom(rankCount: ranks)
    let finished = Mutex([Outcome<Result>]())
    let threads = (0..<ranks).map { rank in
      startThread {
        let world = ThreadWorld(
          rank: rank, mailroom: mailroom, ranksPerNode: ranksPerNode ?? ranks, timeout: timeout)
        let result = Swift.Result { try body(world) }
        finished.withLock {
          $0.append(Outcome(rank: rank, place: $0.count, result: result))
        }
        mailroom.end(rank)
      }
    }
    for thread in threads { pthread_join(thread, nil) }
    return finished.withLock { $0.sorted { $0.rank < $1.rank } }
  }

  /// How a rank ended.
  public struct Outcome<Value: Sendable>: Sendable {
    let rank: Int
    /// How many ranks ended before this one.
    let place: Int
    /// What the body returned or threw.
    public let result: Result<Value, any Error>

    /// What the body returned.
    public var value: Value? { try? result.get() }

    /// What the body threw.
    public var error: (any Error)? {
      if case .failure(let error) = result { error } else { nil }
    }
  }
}

/// What a new thread is to do.
private final class ThreadBody {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

private func startThread(_ run: @escaping @Sendable () -> Void) -> pthread_t {
  var thread = pthread_t()
  let body = Unmanaged.passRetained(ThreadBody(run))
  let failure = pthread_create(
    &thread, nil,
    { body in
      if let body { Unmanaged<ThreadBody>.fromOpaque(body).takeRetainedValue().run() }
      return nil
    }, body.toOpaque())
  precondition(failure == 0, "a thread cannot be started: errno \(failure)")
  return thread
}
