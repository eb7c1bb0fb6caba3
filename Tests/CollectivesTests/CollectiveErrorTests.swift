import Collectives
import Diagnostics
import Testing

struct CollectiveErrorTests {
  @Test(arguments: [
    ([4], "rank 4"), ([0, 1, 2, 3, 6], "ranks 0-3, 6"), ([1, 3], "ranks 1, 3"),
    ([0, 1], "ranks 0-1"),
  ])
  func ranksAreGivenInRanges(ranks: [Int], words: String) {
    #expect(describe(ranks: ranks) == words)
  }

  @Test func fullSharedMemoryIsGivenInMebibytes() {
    let error = CollectiveError.sharedMemoryIsFull(
      needed: 64 << 20 + 1, available: 63 << 20, directory: "/dev/shm")
    #expect(error.description.hasPrefix("/dev/shm: has 63 MiB free where 65 MiB of shared memory"))
    #expect(error.exitCode == .memory)
  }

  @Test func memoryBeyondTheAddressSpaceIsAnError() {
    #expect(throws: CollectiveError.self) { try SharedMemory(byteCount: .max) }
    #expect(throws: CollectiveError.self) { try SharedMemory(byteCount: 1 << 60) }
  }

  @Test func disagreementListsValuesWithTheirRanks() throws {
    let errors = ThreadWorld.outcomes(ranks: 4) { world in
      try world.requireEqual([("data", world.rank == 2 ? "77b0" : "3f9c")])
    }
    let first = try #require(errors[0].error as? RanksDisagree)
    #expect(
      first.description == "data: ranks disagree: ranks 0-1, 3: 3f9c; rank 2: 77b0: "
        + "start every rank with the same program, settings and files")
  }

  @Test func missingNameIsADisagreement() throws {
    let errors = ThreadWorld.outcomes(ranks: 2) { world in
      try world.requireEqual(world.rank == 0 ? [("a", "1"), ("b", "2")] : [("b", "2")])
    }
    let first = try #require(errors[0].error as? RanksDisagree)
    #expect(first.description.hasPrefix("a: ranks disagree: rank 0: 1; rank 1: nothing"))
  }
}
