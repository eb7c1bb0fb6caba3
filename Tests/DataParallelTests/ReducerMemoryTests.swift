import DataParallel
import Testing

struct ReducerMemoryTests {
  @Test(arguments: [(1, 1, [1]), (8, 1, [4]), (8, 2, [3, 3]), (8, 8, [1, 1, 1, 1, 1, 1, 1, 1])])
  func buffersAreThoseOfTheTree(capacity: Int, ranks: Int, expected: [Int]) {
    let memory = GradientReducer.Memory(microBatchCapacity: capacity, worldSize: ranks)
    #expect(memory.bufferCounts == expected)
  }

  @Test func onlyRanksThatExchangeReceive() {
    func incoming(ranks: Int) -> Int {
      GradientReducer.Memory(microBatchCapacity: 8, worldSize: ranks)
        .incomingBytes(floatCount: 1 << 24)
    }
    #expect(incoming(ranks: 1) == 0)
    // Eight chunks of 4 MB on their way, of which a rank gets its half of the other's.
    #expect(incoming(ranks: 2) == 16 << 20)
  }
}
