public import Diagnostics

/// What the ranks of a world can do together.
///
/// A communicator belongs to the thread that opened it. The requirements here are the few things in
/// which MPI, a single process and threads differ; everything else is built from them, one
/// collective a file, so that every kind of world runs the same code.
///
/// No call waits for longer than `timeout`: then it throws `CollectiveError.stalled`.
public protocol Communicator: AnyObject {
  /// This rank's number, from 0 to `worldSize - 1`.
  var rank: Int { get }

  /// The number of ranks.
  var worldSize: Int { get }

  /// This rank's number among the ranks of its node.
  var nodeRank: Int { get }

  /// The number of ranks on this rank's node.
  var nodeSize: Int { get }

  /// What this rank knows about its own doings.
  var state: WorldState { get }

  /// Starts to send bytes, which must stay as they are until the transfer is done.
  ///
  /// Messages between two ranks with the same tag arrive in the order in which they were started.
  ///
  /// - Parameters:
  ///   - bytes: the message, which may be empty.
  ///   - rank: who receives it, perhaps this rank itself.
  ///   - tag: from 0 to `MessageTag.userLimit - 1`.
  /// - Returns: the transfer, which moves along only when it is tested or waited for.
  /// - Throws: `CollectiveError.transport`.
  func startSend(
    _ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int
  ) throws -> PendingTransfer

  /// Starts to receive bytes into memory that must be left alone until the transfer is done.
  ///
  /// - Parameters:
  ///   - bytes: where the message goes, exactly as large as it.
  ///   - rank: who sends it, perhaps this rank itself.
  ///   - tag: from 0 to `MessageTag.userLimit - 1`.
  /// - Returns: the transfer, whose test throws `CollectiveError.messageSize` if the sender sent
  ///   another number of bytes.
  /// - Throws: `CollectiveError.transport`.
  func startReceive(
    into bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int
  ) throws -> PendingTransfer

  /// Looks for a message with `tag` that has arrived and that nobody receives yet.
  ///
  /// - Returns: the rank that sent it and its size in bytes, or nil.
  /// - Throws: `CollectiveError.transport`.
  func arrival(tag: Int) throws -> (source: Int, byteCount: Int)?

  /// Whether a rank is known to have left the world, so that it will never send again.
  func hasEnded(_ rank: Int) -> Bool

  /// The bytes that `allocateShared` could still allocate on this rank's node.
  var availableSharedMemory: Int { get }

  /// Allocates zeroed memory that every rank of a node sees, without touching it. All ranks must
  /// call it, with one size.
  ///
  /// Huge pages are advised. A world of processes keeps the memory until it ends.
  ///
  /// - Throws: `CollectiveError.sharedMemoryIsFull` on every rank, if a node has too little.
  func allocateShared(byteCount: Int) throws -> SharedMemory

  /// Leaves the world in order. All ranks must call it, as the last thing they do with it.
  func close() throws

  /// Ends every process of the world at once.
  func abort(_ code: ExitCode) -> Never
}

/// What a rank of any kind of world remembers.
public final class WorldState {
  let timeout: Duration
  var phase = ""
  /// Whether another rank has lost its patience and will report.
  var hasAnsweredClaim = false

  init(timeout: Duration) {
    self.timeout = timeout
  }
}

extension Communicator {
  /// How long this rank waits for others before it gives up.
  public var timeout: Duration { state.timeout }

  /// What the program is doing, for the messages of errors: `training, step 812`.
  public var phase: String {
    get { state.phase }
    set { state.phase = newValue }
  }

  /// Whether every rank of the world is on this node.
  public var sharesMemory: Bool { nodeSize == worldSize }

  /// Whether this is the rank that writes, prints and decides.
  public var isRoot: Bool { rank == 0 }
}
