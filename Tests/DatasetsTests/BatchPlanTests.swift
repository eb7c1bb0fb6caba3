import Datasets
import Diagnostics
import Testing

@Suite struct BatchPlanTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let sampleCount, micro, global, worldSize: Int
    var testDescription: String { "\(sampleCount) by \(micro) of \(global) on \(worldSize)" }
  }

  static let shapes: [Shape] = [
    (1, 1, 1, 1), (1, 4, 8, 2), (7, 2, 4, 2), (8, 2, 4, 1), (9, 2, 8, 4), (33, 2, 8, 3),
    (64, 2, 16, 8), (65, 1, 8, 5), (100, 3, 24, 7), (127, 4, 16, 4),
  ].map { Shape(sampleCount: $0.0, micro: $0.1, global: $0.2, worldSize: $0.3) }

  private func plan(_ shape: Shape, rank: Int, seed: UInt64 = 3) throws -> BatchPlan {
    try BatchPlan(
      sampleCount: shape.sampleCount, microBatchSize: shape.micro, globalBatchSize: shape.global,
      order: .shuffled(seed: seed), rank: rank, worldSize: shape.worldSize)
  }

  @Test(arguments: shapes)
  func ranksTogetherVisitEverySampleOnce(shape: Shape) throws {
    var visits = [Int](repeating: 0, count: shape.sampleCount)
    for rank in 0..<shape.worldSize {
      let plan = try plan(shape, rank: rank)
      let samples = plan.samples(inEpoch: 2)
      for step in 0..<plan.stepsPerEpoch {
        for microBatch in plan.ownMicroBatches(inStep: step) {
          for place in plan.places(ofMicroBatch: microBatch, inStep: step) {
            visits[samples[place]] += 1
          }
        }
      }
    }
    #expect(visits.allSatisfy { $0 == 1 })
  }

  @Test(arguments: shapes)
  func onlyTheLastStepAndItsLastMicroBatchAreSmaller(shape: Shape) throws {
    let plan = try plan(shape, rank: 0)
    #expect(plan.stepsPerEpoch == (shape.sampleCount + shape.global - 1) / shape.global)
    for step in 0..<plan.stepsPerEpoch {
      let count = plan.microBatchCount(inStep: step)
      if step < plan.stepsPerEpoch - 1 { #expect(count == shape.global / shape.micro) }
      for microBatch in 0..<count {
        let places = plan.places(ofMicroBatch: microBatch, inStep: step)
        if step < plan.stepsPerEpoch - 1 || microBatch < count - 1 {
          #expect(places.count == shape.micro)
        } else {
          #expect(places.count > 0 && places.count <= shape.micro)
          #expect(places.upperBound == shape.sampleCount)
        }
      }
    }
  }

  @Test(arguments: shapes)
  func ranksOwnContiguousRunsThatDifferByOneAtMost(shape: Shape) throws {
    let plans = try (0..<shape.worldSize).map { try plan(shape, rank: $0) }
    for step in 0..<plans[0].stepsPerEpoch {
      var next = 0
      let runs = plans.map { $0.ownMicroBatches(inStep: step) }
      for run in runs {
        #expect(run.lowerBound == next)
        next = run.upperBound
      }
      #expect(next == plans[0].microBatchCount(inStep: step))
      let counts = runs.map(\.count)
      #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    }
  }

  @Test func theWorldSizeDoesNotChangeWhatAMicroBatchHolds() throws {
    let alone = try plan(Shape(sampleCount: 50, micro: 2, global: 16, worldSize: 1), rank: 0)
    let third = try plan(Shape(sampleCount: 50, micro: 2, global: 16, worldSize: 5), rank: 3)
    for step in 0..<alone.stepsPerEpoch {
      for microBatch in 0..<alone.microBatchCount(inStep: step) {
        let places = alone.places(ofMicroBatch: microBatch, inStep: step)
        #expect(places == third.places(ofMicroBatch: microBatch, inStep: step))
      }
    }
    #expect((0..<50).allSatisfy { alone.samples(inEpoch: 4)[$0] == third.samples(inEpoch: 4)[$0] })
  }

  @Test func epochsAndSeedsHaveTheirOwnOrders() throws {
    let shape = Shape(sampleCount: 200, micro: 4, global: 8, worldSize: 1)
    let plan = try plan(shape, rank: 0)
    let other = try self.plan(shape, rank: 0, seed: 4)
    func order(_ plan: BatchPlan, _ epoch: Int) -> [Int] {
      let samples = plan.samples(inEpoch: epoch)
      return (0..<samples.count).map { samples[$0] }
    }
    #expect(order(plan, 0) == order(plan, 0))
    #expect(order(plan, 0) != order(plan, 1))
    #expect(order(plan, 0) != order(other, 0))
    #expect(order(plan, 0).sorted() == Array(0..<200))
    let sequential = try BatchPlan(
      sampleCount: 200, microBatchSize: 4, globalBatchSize: 8, order: .sequential)
    #expect(order(sequential, 1) == Array(0..<200))
  }

  @Test(arguments: [
    (0, 1, 1, 1, BatchPlanError.noSamples, 65),
    (9, 0, 4, 1, .microBatchSize(0), 78),
    (9, 3, 4, 1, .indivisible(global: 4, micro: 3), 78),
    (9, 3, 0, 1, .indivisible(global: 0, micro: 3), 78),
    (9, 3, -3, 1, .indivisible(global: -3, micro: 3), 78),
    (900, 4, 8, 3, .tooManyRanks(worldSize: 3, global: 8, micro: 4), 78),
  ])
  func impossibleSizesAreRefused(
    sampleCount: Int, micro: Int, global: Int, worldSize: Int, expected: BatchPlanError, code: Int32
  ) throws {
    let error = #expect(throws: BatchPlanError.self) {
      try BatchPlan(
        sampleCount: sampleCount, microBatchSize: micro, globalBatchSize: global,
        order: .sequential, worldSize: worldSize)
    }
    #expect(error == expected)
    #expect(error?.exitCode.rawValue == code)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func messagesSayWhatToDo() {
    #expect(
      BatchPlanError.indivisible(global: 30, micro: 8).description
        == """
        global batch size: must be a multiple of the micro-batch size: found 30 samples with \
        micro-batches of 8: use 24 or 32
        """)
    #expect(
      BatchPlanError.tooManyRanks(worldSize: 5, global: 32, micro: 8).description
        == """
        ranks: more than micro-batches in a step: found 5 ranks for 4 micro-batches (32 samples \
        by 8): start at most 4 ranks, or raise the global batch size to at least 40
        """)
  }
}
