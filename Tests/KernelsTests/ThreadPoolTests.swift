import Kernels
import Synchronization
import Testing

/// In processes of their own, because a pool of threads can grow but not shrink.
struct ThreadPoolTests {
  @Test(arguments: [false, true])
  func everyPieceRunsExactlyOnce(spins: Bool) async {
    await #expect(processExitsWith: .success) { [spins] in
      for threadCount in 1...5 {
        ThreadPool.shared.configure(threadCount: threadCount, spins: spins)
        #expect(ThreadPool.shared.threadCount == threadCount)
        let mistakes = (0..<4_000).count { !Self.everyPieceRunsOnce($0 % 70) }
        #expect(mistakes == 0, "\(threadCount) threads")
      }
    }
  }

  /// Workers must be found asleep, going to sleep and awake.
  @Test func everyPieceRunsExactlyOnceAfterPauses() async {
    await #expect(processExitsWith: .success) {
      ThreadPool.shared.configure(threadCount: 4, spins: true)
      var length = 1
      let mistakes = (0..<600).count { _ in
        length = length * 5 % 99_991
        var sum = 0
        for i in 0..<length { sum ^= i &* length }
        return !Self.everyPieceRunsOnce(9 + sum & 1)
      }
      #expect(mistakes == 0)
    }
  }

  @Test func loopsInsideLoopsRunEveryPiece() async {
    await #expect(processExitsWith: .success) {
      ThreadPool.shared.configure(threadCount: 3, spins: false)
      for _ in 0..<200 {
        let total = Atomic<Int>(0)
        ThreadPool.shared.run(7) { outer in
          ThreadPool.shared.run(11) { inner in
            ThreadPool.shared.run(3) { _ in
              total.add(outer * 100 + inner, ordering: .relaxed)
            }
          }
        }
        #expect(total.load(ordering: .relaxed) == 3 * (11 * 2_100 + 7 * 55))
      }
    }
  }

  @Test func loopsOfSeveralCallersRunEveryPiece() async {
    await #expect(processExitsWith: .success) {
      ThreadPool.shared.configure(threadCount: 3, spins: false)
      let mistakes = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask { (0..<1_000).count { !Self.everyPieceRunsOnce($0 % 13) } }
        }
        return await group.reduce(0, +)
      }
      #expect(mistakes == 0)
    }
  }

  @Test func whatPiecesWriteIsSeenByTheCaller() async {
    await #expect(processExitsWith: .success) {
      ThreadPool.shared.configure(threadCount: 4, spins: false)
      let count = 64
      for turn in 0..<2_000 {
        let memory = UnsafeMutablePointer<Int>.allocate(capacity: count)
        defer { memory.deallocate() }
        ThreadPool.shared.run(count) { memory[$0] = turn ^ $0 }
        let isWritten = (0..<count).allSatisfy { memory[$0] == turn ^ $0 }
        #expect(isWritten)
      }
    }
  }

  @Test func noThreadsEndTheProgram() async {
    await #expect(processExitsWith: .failure) {
      ThreadPool.shared.configure(threadCount: 0, spins: false)
    }
  }

  private static func everyPieceRunsOnce(_ count: Int) -> Bool {
    let runs = UnsafeMutablePointer<UInt8>.allocate(capacity: count + 1)
    defer { runs.deallocate() }
    runs.initialize(repeating: 0, count: count + 1)
    // A piece is one thread's: a second run of it would be seen as a 2, or lost with a piece at 0.
    ThreadPool.shared.run(count) { runs[$0] += 1 }
    return (0..<count).allSatisfy { runs[$0] == 1 } && runs[count] == 0
  }
}
