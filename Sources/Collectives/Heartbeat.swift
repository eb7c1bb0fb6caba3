/// The sign of life that a rank gives while others wait for its work.
public final class Heartbeat {
  private let world: any Communicator
  private let interval: Duration
  private var last = SuspendingClock.now
  private var beats: [PendingTransfer?]

  init(_ world: any Communicator, every interval: Duration) {
    self.world = world
    self.interval = interval
    beats = Array(repeating: nil, count: world.worldSize)
  }

  /// Tells the waiting ranks that the work goes on.
  ///
  /// It costs nothing to call it often: at most one message is sent in half a second, and none to a
  /// rank that has not taken the previous one.
  ///
  /// - Throws: `CollectiveError.transport`.
  public func beat() throws {
    guard world.worldSize > 1, SuspendingClock.now - last >= interval else { return }
    last = SuspendingClock.now
    for rank in beats.indices where rank != world.rank {
      if let beat = beats[rank], try !beat.test() { continue }
      beats[rank] = try world.startSend(
        copyOf: WorkerMessage.beat.encoded, to: rank, tag: .heartbeat)
    }
    try world.answerRollCalls("work with a heartbeat")
  }

  /// Tells the waiting ranks how the work ended, and perhaps sends them an error.
  ///
  /// - Returns: what is still on its way to them.
  func end(_ failure: [UInt8]?) throws -> [PendingTransfer] {
    let message = failure.map { WorkerMessage.failure(byteCount: $0.count) } ?? .success
    var sending = beats.compactMap(\.self)
    for rank in beats.indices where rank != world.rank {
      sending.append(try world.startSend(copyOf: message.encoded, to: rank, tag: .heartbeat))
      if let failure {
        sending.append(try world.startSend(copyOf: failure, to: rank, tag: .heartbeat))
      }
    }
    return sending
  }
}

/// What a rank tells those that wait for its work.
enum WorkerMessage {
  case beat
  case success
  case failure(byteCount: Int)

  /// The message in eight bytes.
  var encoded: [UInt8] {
    let word: Int64 =
      switch self {
      case .beat: -2
      case .success: -1
      case .failure(let byteCount): Int64(byteCount)
      }
    return withUnsafeBytes(of: word) { Array($0) }
  }

  /// Creates the message that eight bytes mean.
  init(_ bytes: [UInt8]) {
    switch bytes.withUnsafeBytes({ $0.loadUnaligned(as: Int64.self) }) {
    case -2: self = .beat
    case -1: self = .success
    case let byteCount: self = .failure(byteCount: Int(byteCount))
    }
  }
}
