import Collectives
import Diagnostics
import Testing

/// What every kind of world must do; each check is run by all ranks together.
///
/// A check throws what it finds wrong, because the ranks of a thread world run on threads that
/// belong to no test.
struct ConformanceCheck: Sendable, CustomTestStringConvertible {
  let name: String
  let run: @Sendable (any Communicator) throws -> Void

  var testDescription: String { name }

  static let all: [ConformanceCheck] = [
    ConformanceCheck(name: "ranks count from zero", run: ranksCountFromZero),
    ConformanceCheck(name: "messages arrive whole and in order", run: messagesArriveInOrder),
    ConformanceCheck(name: "receives match in the order of posting", run: receivesMatchInOrder),
    ConformanceCheck(name: "a rank can write to itself", run: rankWritesToItself),
    ConformanceCheck(name: "a short message is an error", run: shortMessageIsAnError),
    ConformanceCheck(name: "an arrival is seen before it is received", run: arrivalIsSeen),
    ConformanceCheck(name: "a barrier holds everybody back", run: barrierHoldsBack),
    ConformanceCheck(name: "broadcast from every root", run: broadcastFromEveryRoot),
    ConformanceCheck(name: "broadcast of many pieces", run: broadcastOfManyPieces),
    ConformanceCheck(name: "allgather of different sizes", run: allgatherOfDifferentSizes),
    ConformanceCheck(name: "allreduce adds place by place", run: allreduceAdds),
    ConformanceCheck(name: "work on the root", run: workOnRoot),
    ConformanceCheck(name: "an error on the root reaches all", run: errorOnRoot),
    ConformanceCheck(name: "work on several ranks", run: workOnSeveralRanks),
    ConformanceCheck(name: "the lowest error of several ranks reaches all", run: errorsOnRanks),
    ConformanceCheck(name: "agreement on success", run: agreementOnSuccess),
    ConformanceCheck(name: "agreement on the lowest failure", run: agreementOnFailure),
    ConformanceCheck(name: "doing together fails together", run: doingTogether),
    ConformanceCheck(name: "equal values pass", run: equalValuesPass),
    ConformanceCheck(name: "different values are listed", run: differentValuesAreListed),
    ConformanceCheck(name: "shared memory is zeroed and shared", run: sharedMemoryIsShared),
  ]
}

/// What a check found wrong.
struct Violation: Error, CustomStringConvertible {
  let description: String
}

/// An error with an exit code, to be sent around.
struct Mishap: Diagnostic {
  let description: String
  let exitCode: ExitCode
}

private func require(
  _ condition: Bool, _ text: @autoclosure () -> String, line: Int = #line
) throws {
  guard condition else { throw Violation(description: "line \(line): \(text())") }
}

private func caught(_ body: () throws -> Void) -> (any Error)? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}

/// Bytes that differ by rank and place.
private func pattern(_ count: Int, _ seed: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ seed &* 97) }
}

// MARK: - Messages

private func ranksCountFromZero(_ world: any Communicator) throws {
  let ranks = try world.allgather([UInt8(world.rank)])
  try require(ranks == (0..<world.worldSize).map { [UInt8($0)] }, "\(ranks)")
  try require(0..<world.nodeSize ~= world.nodeRank, "\(world.nodeRank) of \(world.nodeSize)")
  try require(world.sharesMemory == (world.nodeSize == world.worldSize), "nodes")
}

private func messagesArriveInOrder(_ world: any Communicator) throws {
  let sizes = [0, 1, 4096, 4097, 1 << 20, 3]
  let next = (world.rank + 1) % world.worldSize
  let previous = (world.rank + world.worldSize - 1) % world.worldSize
  let outgoing = sizes.map { pattern($0, world.rank) }
  let buffers = outgoing.map { bytes in
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    buffer.copyBytes(from: bytes)
    return buffer
  }
  let sending = try buffers.map {
    try world.startSend(UnsafeRawBufferPointer($0), to: next, tag: 7)
  }
  for size in sizes {
    var incoming = [UInt8](repeating: 0xEE, count: size)
    try incoming.withUnsafeMutableBytes {
      try world.wait(for: world.startReceive(into: $0, from: previous, tag: 7))
    }
    try require(incoming == pattern(size, previous), "\(size) bytes from \(previous)")
  }
  try world.wait(for: sending)
  try require(sending.allSatisfy { try $0.test() }, "a transfer is done for ever")
  for buffer in buffers { buffer.deallocate() }
}

private func receivesMatchInOrder(_ world: any Communicator) throws {
  let next = (world.rank + 1) % world.worldSize
  let previous = (world.rank + world.worldSize - 1) % world.worldSize
  let incoming = UnsafeMutableRawBufferPointer.allocate(byteCount: 2, alignment: 1)
  defer { incoming.deallocate() }
  let receiving = try (0..<2).map { index in
    try world.startReceive(
      into: UnsafeMutableRawBufferPointer(rebasing: incoming[index..<index + 1]), from: previous,
      tag: 3)
  }
  let outgoing: [UInt8] = [10, 20]
  try outgoing.withUnsafeBytes { bytes in
    let sending = try (0..<2).map { index in
      try world.startSend(
        UnsafeRawBufferPointer(rebasing: bytes[index..<index + 1]), to: next, tag: 3)
    }
    try world.wait(for: receiving[1])
    try world.wait(for: receiving[0])
    try world.wait(for: sending)
  }
  try require(Array(incoming) == outgoing, "\(Array(incoming))")
}

private func rankWritesToItself(_ world: any Communicator) throws {
  let note: [UInt8] = [1, 2, UInt8(world.rank)]
  var copy = [UInt8](repeating: 0, count: 3)
  try note.withUnsafeBytes { bytes in
    let sending = try world.startSend(bytes, to: world.rank, tag: 0)
    try copy.withUnsafeMutableBytes {
      try world.wait(for: world.startReceive(into: $0, from: world.rank, tag: 0))
    }
    try world.wait(for: sending)
  }
  try require(copy == note, "\(copy)")
}

private func shortMessageIsAnError(_ world: any Communicator) throws {
  let note: [UInt8] = [1, 2, 3]
  var copy = [UInt8](repeating: 0, count: 4)
  let error = try note.withUnsafeBytes { bytes in
    let sending = try world.startSend(bytes, to: world.rank, tag: 1)
    let error = caught {
      try copy.withUnsafeMutableBytes {
        try world.wait(for: world.startReceive(into: $0, from: world.rank, tag: 1))
      }
    }
    try world.wait(for: sending)
    return error
  }
  try require(
    error as? CollectiveError
      == .messageSize(from: world.rank, expected: 4, found: 3), "\(String(describing: error))")
}

private func arrivalIsSeen(_ world: any Communicator) throws {
  let next = (world.rank + 1) % world.worldSize
  let previous = (world.rank + world.worldSize - 1) % world.worldSize
  var empty = try world.arrival(tag: 12)
  try require(empty == nil, "a message before any was sent: \(String(describing: empty))")
  try world.barrier()
  let note: [UInt8] = [9, 9, 9, 9, 9]
  try note.withUnsafeBytes { bytes in
    let sending = try world.startSend(bytes, to: next, tag: 12)
    var seen: (source: Int, byteCount: Int)?
    try world.wait(in: "arrival", for: { [previous] }) {
      seen = try world.arrival(tag: 12)
      return seen != nil
    }
    try require(seen?.source == previous && seen?.byteCount == 5, "\(String(describing: seen))")
    var copy = [UInt8](repeating: 0, count: 5)
    try copy.withUnsafeMutableBytes {
      try world.wait(for: world.startReceive(into: $0, from: previous, tag: 12))
    }
    try world.wait(for: sending)
    try require(copy == note, "\(copy)")
  }
  empty = try world.arrival(tag: 12)
  try require(empty == nil, "a message that was received: \(String(describing: empty))")
}

// MARK: - Collectives

private func barrierHoldsBack(_ world: any Communicator) throws {
  guard world.sharesMemory else { return try world.barrier() }
  let memory = try world.allocateShared(byteCount: 64)
  let arrived = SharedWord(at: memory.base)
  for round in 1...20 {
    arrived.add(1)
    try world.barrier("test of a barrier")
    try require(
      arrived.load() == round * world.worldSize,
      "\(arrived.load()) of \(round * world.worldSize) have arrived")
    try world.barrier()
  }
}

private func broadcastFromEveryRoot(_ world: any Communicator) throws {
  for root in 0..<world.worldSize {
    let sent = pattern([0, 1, 1000, 5000][root % 4], root)
    let received = try world.broadcast(world.rank == root ? sent : nil, from: root)
    try require(received == sent, "\(received.count) bytes from \(root)")
    // What the others pass is ignored.
    let again = try world.broadcast(world.rank == root ? sent : [42], from: root)
    try require(again == sent, "\(again.count) bytes from \(root)")
  }
}

private func broadcastOfManyPieces(_ world: any Communicator) throws {
  let root = world.worldSize / 2
  let count = 9_000_003
  var bytes = world.rank == root ? pattern(count, 5) : [UInt8](repeating: 0, count: count)
  try bytes.withUnsafeMutableBytes { try world.broadcast(into: $0, from: root) }
  try require(bytes == pattern(count, 5), "bytes of the pieces differ")
}

private func allgatherOfDifferentSizes(_ world: any Communicator) throws {
  func part(_ rank: Int) -> [UInt8] { pattern(rank % 3 == 1 ? 0 : rank * 700, rank) }
  let parts = try world.allgather(part(world.rank))
  try require(parts == (0..<world.worldSize).map(part), "\(parts.map(\.count))")
}

private func allreduceAdds(_ world: any Communicator) throws {
  let size = Int64(world.worldSize)
  try require(try world.allreduceSum([]).isEmpty, "sums of nothing")
  let values = (0..<600).map { Int64($0 - 300) * Int64(world.rank + 1) }
  let expected = (0..<600).map { Int64($0 - 300) * (size * (size + 1) / 2) }
  try require(try world.allreduceSum(values) == expected, "sums")
  try require(try world.allreduceSum([.max]) == [Int64.max &* size], "sums wrap around")
}

private func workOnRoot(_ world: any Communicator) throws {
  for round in 0..<3 {
    let result = try world.onRoot("test work", beatingEvery: .zero) { heartbeat in
      for _ in 0..<10 { try heartbeat.beat() }
      return round + 40
    }
    try require(result == (world.rank == 0 ? round + 40 : nil), "\(String(describing: result))")
  }
}

private func errorOnRoot(_ world: any Communicator) throws {
  let mishap = Mishap(description: "a.txt: is empty", exitCode: .data)
  let error = caught {
    try world.onRoot("test work", beatingEvery: .zero) { heartbeat in
      try heartbeat.beat()
      throw mishap
    }
  }
  if world.rank == 0 {
    try require(error is Mishap, "\(String(describing: error))")
  } else {
    try requireRemote(error, "a.txt: is empty", .data, of: 0)
  }
}

private func workOnSeveralRanks(_ world: any Communicator) throws {
  for first in 0..<world.worldSize {
    let workers = Array(first..<world.worldSize)
    let result = try world.onRanks(workers, "test work", beatingEvery: .zero) { heartbeat in
      for _ in 0..<10 * (world.rank + 1) { try heartbeat.beat() }
      return world.rank + first
    }
    try require(
      result == (world.rank >= first ? world.rank + first : nil), "\(String(describing: result))")
  }
  try require(try world.onRanks([], "no work") { _ in 1 } == nil, "nobody has worked")
}

private func errorsOnRanks(_ world: any Communicator) throws {
  let lowest = world.worldSize / 2
  // Too long to be on its way before it is received.
  let text = String(repeating: "long ", count: 40_000)
  let error = caught {
    try world.onRanks(Array(0..<world.worldSize), "test work", beatingEvery: .zero) { heartbeat in
      try heartbeat.beat()
      if world.rank >= lowest {
        throw Mishap(description: "\(text)\(world.rank)", exitCode: .data)
      }
    }
  }
  if world.rank == lowest {
    try require((error as? Mishap)?.description == "\(text)\(lowest)", "another error")
  } else {
    try requireRemote(error, "\(text)\(lowest)", .data, of: lowest)
  }
}

private func requireRemote(
  _ error: (any Error)?, _ text: String, _ code: ExitCode, of rank: Int
) throws {
  let failure = error as? RemoteFailure
  try require(failure?.description == text, "\(String(describing: error))")
  try require(failure?.exitCode == code && failure?.rank == rank, "\(String(describing: failure))")
  try require(failure?.isReportedHere == false, "reported by several ranks")
}

private func agreementOnSuccess(_ world: any Communicator) throws {
  for _ in 0..<3 { try world.agree(nil) }
}

private func agreementOnFailure(_ world: any Communicator) throws {
  let lowest = world.worldSize / 2
  let mine =
    world.rank >= lowest
    ? Mishap(description: "rank \(world.rank) has no b.txt", exitCode: .inputMissing) : nil
  let error = caught { try world.agree(mine) }
  if world.rank == lowest {
    try require(
      (error as? Mishap)?.description == mine?.description, "\(String(describing: error))")
  } else {
    try requireRemote(error, "rank \(lowest) has no b.txt", .inputMissing, of: lowest)
  }
  // A plain error is a defect of the program.
  let last = world.worldSize - 1
  let plain = caught {
    try world.agree(world.rank == last ? Violation(description: "odd") : nil)
  }
  if world.rank != last { try requireRemote(plain, "odd", .internalError, of: last) }
}

private func doingTogether(_ world: any Communicator) throws {
  let value = try world.together("test") { world.rank * 2 }
  try require(value == world.rank * 2, "\(value)")
  let error = caught {
    try world.together("test") {
      if world.rank == 0 { throw Mishap(description: "no", exitCode: .permission) }
    }
  }
  try require(error != nil, "a failure of rank 0 goes unnoticed on rank \(world.rank)")
}

private func equalValuesPass(_ world: any Communicator) throws {
  try world.requireEqual([])
  try world.requireEqual([("seed", "42"), ("data", "3f9c")])
}

private func differentValuesAreListed(_ world: any Communicator) throws {
  guard world.worldSize > 1 else { return }
  let last = world.worldSize - 1
  let isLast = world.rank == last
  // The two spellings of one letter are different bytes, and so different values.
  let error = caught {
    try world.requireEqual([
      ("seed", "42"), ("data", isLast ? "77b0" : "3f9c"),
      ("name", isLast ? "caf\u{E9}" : "cafe\u{301}"),
    ])
  }
  guard let error = error as? RanksDisagree else {
    throw Violation(description: "no disagreement: \(String(describing: error))")
  }
  try require(error.differences.map(\.name) == ["data", "name"], "\(error)")
  let values = error.differences[0].values
  try require(values.map(\.text) == ["3f9c", "77b0"], "\(error)")
  try require(values.map(\.ranks) == [Array(0..<last), [last]], "\(error)")
  try require(error.isReportedHere == (world.rank == 0), "reported by rank \(world.rank)")
  try require(error.exitCode == .ranksDisagree, "\(error.exitCode)")
}

// MARK: - Shared memory

private func sharedMemoryIsShared(_ world: any Communicator) throws {
  let count = 3 << 20
  let memory = try world.allocateShared(byteCount: count)
  try require(memory.byteCount == count, "\(memory.byteCount) bytes")
  try require(UInt(bitPattern: memory.base) % 4096 == 0, "base \(memory.base)")
  let share = count / world.nodeSize
  try memory.populate(world.nodeRank * share..<(world.nodeRank + 1) * share)
  let bytes = UnsafeMutableRawBufferPointer(start: memory.base, count: count)
  try require(!bytes.contains { $0 != 0 }, "new memory is not zero")
  try world.barrier()
  bytes[world.nodeRank] = UInt8(world.nodeRank + 1)
  try world.barrier()
  for rank in 0..<world.nodeSize {
    try require(bytes[rank] == UInt8(rank + 1), "the byte of rank \(rank) is \(bytes[rank])")
  }
  try world.barrier()
}
