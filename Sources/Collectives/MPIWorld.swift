internal import CMPI
public import Diagnostics
internal import Glibc

/// The world that mpirun or Slurm has started, on Open MPI or another implementation of MPI.
public final class MPIWorld: Communicator {
  public let rank: Int
  public let worldSize: Int
  public let nodeRank: Int
  public let nodeSize: Int
  public let state: WorldState

  /// Starts MPI.
  ///
  /// All ranks must call it, once.
  ///
  /// - Parameter timeout: how long a rank waits for others.
  /// - Throws: `CollectiveError.transport`. If other ranks do not come, the process ends with code
  ///   75 after the timeout, because MPI cannot be interrupted.
  init(timeout: Duration) throws {
    var numbers = (rank: Int32(0), size: Int32(1), nodeRank: Int32(0), nodeSize: Int32(1))
    try guarded("MPI_Init", timeout) { try check("MPI_Init_thread", cmpi_start()) }
    try check("MPI_Comm_rank", cmpi_get_rank(&numbers.rank))
    try check("MPI_Comm_size", cmpi_get_size(&numbers.size))
    try guarded("MPI_Comm_split_type", timeout) {
      try check("MPI_Comm_split_type", cmpi_find_node(&numbers.nodeRank, &numbers.nodeSize))
    }
    rank = Int(numbers.rank)
    worldSize = Int(numbers.size)
    nodeRank = Int(numbers.nodeRank)
    nodeSize = Int(numbers.nodeSize)
    state = WorldState(timeout: timeout)
  }

  public func startSend(
    _ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int
  ) throws -> PendingTransfer {
    var request: cmpi_request = 0
    try check(
      "MPI_Isend",
      cmpi_start_send(bytes.baseAddress, bytes.count, Int32(rank), Int32(tag), &request))
    return PendingTransfer(peer: rank) {
      var done: Int32 = 0
      var count = 0
      try check("MPI_Test of a send to rank \(rank)", cmpi_test(&request, &done, &count))
      return done != 0
    }
  }

  public func startReceive(
    into bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int
  ) throws -> PendingTransfer {
    var request: cmpi_request = 0
    try check(
      "MPI_Irecv",
      cmpi_start_receive(bytes.baseAddress, bytes.count, Int32(rank), Int32(tag), &request))
    return PendingTransfer(peer: rank) {
      var done: Int32 = 0
      var count = 0
      try check("MPI_Test of a message from rank \(rank)", cmpi_test(&request, &done, &count))
      guard done != 0 else { return false }
      guard count == bytes.count else {
        throw CollectiveError.messageSize(from: rank, expected: bytes.count, found: count)
      }
      return true
    }
  }

  public func arrival(tag: Int) throws -> (source: Int, byteCount: Int)? {
    var found: Int32 = 0
    var source: Int32 = 0
    var count = 0
    try check("MPI_Iprobe", cmpi_probe(Int32(tag), &found, &source, &count))
    return found != 0 ? (Int(source), count) : nil
  }

  public func hasEnded(_ rank: Int) -> Bool { false }

  public func close() throws {
    try barrier("end of the world")
    try guarded("MPI_Finalize", timeout) { try check("MPI_Finalize", cmpi_finish()) }
  }

  public func abort(_ code: ExitCode) -> Never { cmpi_abort(code.rawValue) }
}

// MARK: - Shared memory

extension MPIWorld {
  /// Where Open MPI keeps the files behind shared memory.
  private var backingDirectory: String {
    getenv("OMPI_MCA_osc_sm_backing_directory").map { String(cString: $0) } ?? "/dev/shm"
  }

  public var availableSharedMemory: Int {
    var status = statvfs()
    guard statvfs(backingDirectory, &status) == 0 else { return 0 }
    let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(
      by: Int(status.f_frsize))
    return overflow ? .max : bytes
  }

  public func allocateShared(byteCount: Int) throws -> SharedMemory {
    precondition(byteCount >= 0, "shared memory of \(byteCount) bytes")
    // The file behind the memory has no pages until they are touched, and a touch that finds the
    // file system full is a SIGBUS: so look before.
    let available = availableSharedMemory
    let margin = 1 << 20
    let isFull = nodeRank == 0 && available - margin < byteCount
    try agree(
      isFull
        ? CollectiveError.sharedMemoryIsFull(
          needed: byteCount, available: available, directory: backingDirectory) : nil,
      "allocation of shared memory")
    var base: UnsafeMutableRawPointer?
    try guarded("MPI_Win_allocate_shared", timeout) {
      try check(
        "MPI_Win_allocate_shared (\(byteCount) bytes in \(backingDirectory))",
        cmpi_allocate_shared(byteCount, &base))
    }
    guard let base else {
      throw CollectiveError.mapping(byteCount: byteCount, errno: ENOMEM)
    }
    return SharedMemory(base: base, byteCount: byteCount)
  }
}

// MARK: - Calls of MPI

/// Throws the text of a code of MPI unless it is success.
private func check(_ call: String, _ code: Int32) throws {
  guard code != 0 else { return }
  let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
    guard let start = buffer.baseAddress else { return "" }
    cmpi_describe_error(code, start, buffer.count)
    return String(cString: start)
  }
  throw CollectiveError.transport(call: call, text: text)
}

/// Makes a call that blocks, and ends the process if it blocks for longer than the timeout.
private func guarded(_ call: String, _ timeout: Duration, _ body: () throws -> Void) throws {
  let seconds = timeout / .seconds(1)
  let stall = CollectiveError.blocked(call: call, seconds: seconds)
  cmpi_arm_guard(seconds, "error: \(stall)", stall.exitCode.rawValue)
  defer { cmpi_disarm_guard() }
  try body()
}
