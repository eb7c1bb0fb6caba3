import Collectives
import Diagnostics
import Synchronization
import Testing

struct ThreadWorldTests {
  @Test func resultsComeInTheOrderOfRanks() throws {
    #expect(try ThreadWorld.run(ranks: 4) { $0.rank * 10 } == [0, 10, 20, 30])
  }

  @Test func worldOfSeveralNodesSharesNoMemory() throws {
    let nodes = try ThreadWorld.run(ranks: 5, ranksPerNode: 2) { world in
      [world.nodeRank, world.nodeSize, world.sharesMemory ? 1 : 0]
    }
    #expect(nodes == [[0, 2, 0], [1, 2, 0], [0, 2, 0], [1, 2, 0], [0, 1, 0]])
  }

  @Test func firstErrorIsTheOneThatIsThrown() {
    #expect(throws: Violation.self) {
      try ThreadWorld.run(ranks: 3) { world in
        if world.rank == 1 { throw Violation(description: "first") }
        try world.barrier()
      }
    }
  }

  @Test func waitForARankThatHasLeftEndsAtOnce() {
    let outcomes = ThreadWorld.outcomes(ranks: 2) { world in
      if world.rank == 0 { _ = try world.allgather([1]) }
    }
    #expect(
      outcomes[0].error as? CollectiveError
        == .rankEnded(rank: 1, operation: "allgather", phase: ""))
  }

  @Test func messageOfARankThatHasLeftIsReceived() throws {
    let sums = try ThreadWorld.run(ranks: 2) { world in
      if world.rank == 1 {
        try [UInt8(7)].withUnsafeBytes { _ = try world.startSend($0, to: 0, tag: 5) }
        return 0
      }
      try world.wait(in: "end of rank 1", for: { [] }) { world.hasEnded(1) }
      var byte: UInt8 = 0
      try withUnsafeMutableBytes(of: &byte) {
        try world.wait(for: world.startReceive(into: $0, from: 1, tag: 5))
      }
      return Int(byte)
    }
    #expect(sums == [7, 0])
  }
}

/// Ranks that do not come.
struct StallTests {
  private static let timeout = Duration.milliseconds(200)

  /// Runs a body on all ranks but one, which does nothing until the others are done.
  private func outcomes(
    ranks: Int, without absent: Int, _ body: @escaping @Sendable (any Communicator) throws -> Void
  ) -> [(any Error)?] {
    let doneCount = Mutex(0)
    return ThreadWorld.outcomes(ranks: ranks, timeout: Self.timeout) { world in
      guard world.rank != absent else {
        return try SoloWorld().wait(in: "test", for: { [] }) {
          doneCount.withLock { $0 } == ranks - 1
        }
      }
      defer { doneCount.withLock { $0 += 1 } }
      try body(world)
    }.map(\.error)
  }

  @Test(arguments: [0, 2, 3])
  func absentRankIsNamedByAllAndReportedOnce(absent: Int) throws {
    let errors = outcomes(ranks: 4, without: absent) { world in
      world.phase = "training, step 12"
      try world.barrier("end of step")
    }
    let stalls = errors.compactMap { error -> CollectiveError.Stall? in
      if case .stalled(let stall) = error as? CollectiveError { stall } else { nil }
    }
    #expect(stalls.count == 3)
    #expect(stalls.filter(\.isReportedHere).count == 1)
    for stall in stalls {
      #expect(stall.missing == [absent])
      #expect(stall.operation == "end of step")
      #expect(stall.phase == "training, step 12")
      #expect(stall.seconds == 0.2)
    }
  }

  @Test func silentRootIsNamedByThoseThatWaitForItsWork() throws {
    let errors = outcomes(ranks: 3, without: 0) { world in
      _ = try world.onRoot("evaluation") { _ in }
    }
    let error = try #require(errors[2] as? CollectiveError)
    #expect(error.exitCode == .tryAgain)
    #expect(error.description.hasPrefix("rank 0: waited for in 'evaluation' for 0.2 s: "))
  }

  @Test func beatsKeepTheOthersWaiting() throws {
    let results = try ThreadWorld.run(ranks: 3, timeout: Self.timeout) { world in
      try world.onRoot("long work", beatingEvery: .milliseconds(20)) { heartbeat in
        let end = SuspendingClock.now + Self.timeout * 3
        while SuspendingClock.now < end { try heartbeat.beat() }
        return 1
      }
    }
    #expect(results == [1, nil, nil])
  }

  @Test func advancePutsTheDeadlineOff() throws {
    let end = SuspendingClock.now + Self.timeout * 3
    var looks = 0
    try SoloWorld(timeout: Self.timeout).wait(
      in: "test", for: { [] },
      whileAdvancing: {
        looks += 1
        return SuspendingClock.now < end ? .some : .done
      })
    #expect(SuspendingClock.now >= end)
    #expect(looks > 1)
  }

  @Test func ranksInDifferentCollectivesAreNamedWithWhatTheyDo() throws {
    // On a busy machine a rank may be starved for longer than the roll call waits for its answer.
    var texts: [String] = []
    for _ in 1...5 {
      let errors = ThreadWorld.outcomes(ranks: 2, timeout: Self.timeout) { world in
        if world.rank == 0 {
          _ = try world.onRoot("nothing") { _ in try world.barrier("saving") }
        } else {
          _ = try world.allgather([1], "loading")
        }
      }.map { $0.error as? CollectiveError }
      let reported = try #require(errors.first { $0?.isReportedHere == true } ?? nil)
      let text = reported.description
      guard !text.contains("rank 1 is in 'loading'"), !text.contains("rank 0 is in 'saving'")
      else { return }
      texts.append(text)
    }
    Issue.record("no roll call was answered: \(texts)")
  }
}
