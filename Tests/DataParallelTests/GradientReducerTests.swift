import Collectives
import DataParallel
import Testing

struct GradientReducerTests {
  @Test(arguments: 1...8, BucketCut.allCases)
  func sharedMemoryKeepsTheBitsOfTheTree(ranks: Int, cut: BucketCut) throws {
    let owned = try ThreadWorld.run(ranks: ranks) {
      try reduceSamples($0, .sharedMemory, cut, counts: stepSizes)
    }
    // Every float is owned by one rank, and by the same in every step.
    let all = owned.flatMap { $0[0] }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(all.first?.lowerBound == 0)
    #expect(all.last?.upperBound == GradientSamples.floatCount)
    for (left, right) in zip(all, all.dropFirst()) {
      #expect(left.upperBound == right.lowerBound)
    }
    for steps in owned { #expect(steps.allSatisfy { $0 == steps[0] }) }
  }

  @Test(arguments: 1...8, BucketCut.allCases)
  func exchangeKeepsTheBitsOfTheTree(ranks: Int, cut: BucketCut) throws {
    let owned = try ThreadWorld.run(ranks: ranks, ranksPerNode: 1) {
      try reduceSamples($0, .exchange, cut, counts: stepSizes)
    }
    let whole = [0..<GradientSamples.floatCount]
    #expect(owned.joined().allSatisfy { $0 == whole })
  }

  /// More chunks than are on their way at a time, and more floats than one chunk has.
  @Test(arguments: [2, 3])
  func exchangeOfManyChunksIsRight(ranks: Int) throws {
    let block = GradientReducer.blockSize
    let floatCount = (1 << 20) + 24 * block
    let buckets = (0..<12).map { $0 * block..<($0 + 1) * block } + [12 * block..<floatCount]
    _ = try ThreadWorld.run(ranks: ranks) { world in
      let reducer = try GradientReducer(
        floatCount: floatCount, buckets: buckets, over: world, microBatchCapacity: 5,
        mode: .exchange)
      for step in 0..<3 {
        try reducer.beginStep(microBatchCount: 5)
        for leaf in reducer.microBatches {
          let buffer = reducer.gradientBuffer(forMicroBatch: leaf)
          for place in 0..<floatCount { buffer[place] = Float(place % 1000 + leaf + step) }
          reducer.microBatchIsDone(leaf)
        }
        let sums = try reducer.finish().gradients
        for place in 0..<floatCount
        where sums[place] != Float(5 * (place % 1000) + 10 + 5 * step) {
          throw WrongSum(description: "float \(place) of step \(step): \(sums[place])")
        }
      }
    }
  }

  @Test func modeFollowsTheWorld() throws {
    func mode(ranksPerNode: Int) throws -> [GradientReducer.Mode] {
      try ThreadWorld.run(ranks: 2, ranksPerNode: ranksPerNode) { world in
        try GradientReducer(
          floatCount: 10, buckets: [0..<10], over: world, microBatchCapacity: 2
        ).mode
      }
    }
    #expect(try mode(ranksPerNode: 2) == [.sharedMemory, .sharedMemory])
    #expect(try mode(ranksPerNode: 1) == [.exchange, .exchange])
  }

  @Test func sharedMemoryOfSeveralNodesIsRefused() throws {
    let error = #expect(throws: GradientReducerError.self) {
      try ThreadWorld.run(ranks: 3, ranksPerNode: 2) { world in
        _ = try GradientReducer(
          floatCount: 10, buckets: [0..<10], over: world, microBatchCapacity: 2,
          mode: .sharedMemory)
      }
    }
    #expect(error?.description.contains("only 2 of 3 ranks are on this node") == true)
  }

  @Test func oneMicroBatchAloneIsNotCopied() throws {
    let reducer = try GradientReducer(
      floatCount: 10, buckets: [0..<10], over: SoloWorld(), microBatchCapacity: 1)
    try reducer.beginStep(microBatchCount: 1)
    let buffer = reducer.gradientBuffer(forMicroBatch: 0)
    buffer.update(repeating: 2, count: 10)
    let result = try reducer.finish()
    #expect(result.gradients == buffer)
    #expect(result.owned == [0..<10])
  }

  @Test(arguments: [GradientReducer.Mode.sharedMemory, .exchange])
  func rankThatDoesNotFinishIsNamed(mode: GradientReducer.Mode) throws {
    let outcomes = ThreadWorld.outcomes(ranks: 3, timeout: .milliseconds(200)) { world in
      let reducer = try GradientReducer(
        floatCount: 100_000, buckets: [0..<100_000], over: world, microBatchCapacity: 3,
        mode: mode)
      try reducer.beginStep(microBatchCount: 3)
      let buffer = reducer.gradientBuffer(forMicroBatch: world.rank)
      buffer.update(repeating: 1, count: 100_000)
      if world.rank == 1 {
        // Busy until the others have lost their patience.
        return try SoloWorld().wait(in: "test", for: { [] }) {
          world.hasEnded(0) && world.hasEnded(2)
        }
      }
      _ = try reducer.finish()
    }
    let errors = outcomes.compactMap { $0.error as? CollectiveError }
    #expect(errors.count == 2)
    for error in errors {
      #expect(error.description.hasPrefix("rank 1: waited for in 'sum of gradients' for 0.2 s"))
    }
  }
}
