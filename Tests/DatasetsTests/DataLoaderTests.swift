import Collectives
import Datasets
import Randomness
import Testing
import Tokens

@Suite struct DataLoaderTests {
  let dataset = TokenDataset(samples: (0..<45).map(Self.sample))
  let collator = MaskingCollator(
    vocabularySize: 100,
    specialTokens: SpecialTokens(
      unknown: 1, padding: 0, classification: 2, separator: 3, mask: 4))

  private static func sample(_ row: Int) -> [TokenID] {
    let words = (0..<(3 + row % 11)).map { TokenID(5 + (row * 31 + $0) % 95) }
    return [2] + words + [3]
  }

  private func loader(rank: Int, of worldSize: Int) throws -> DataLoader {
    try DataLoader(
      dataset, microBatchSize: 2, globalBatchSize: 12, order: .shuffled(seed: 42),
      collator: collator, rank: rank, worldSize: worldSize)
  }

  @Test(arguments: [2, 3, 5, 6])
  func ranksTogetherHaveTheMicroBatchesOfOne(worldSize: Int) throws {
    let alone = try loader(rank: 0, of: 1)
    let loaders = try (0..<worldSize).map { try loader(rank: $0, of: worldSize) }
    for epoch in 0..<2 {
      let whole = Array(alone.steps(inEpoch: epoch))
      let shares = loaders.map { Array($0.steps(inEpoch: epoch)) }
      #expect(whole.count == 4)
      for (index, step) in whole.enumerated() {
        #expect(step.microBatches == shares.flatMap { $0[index].microBatches })
        #expect(step.microBatches.count == step.globalMicroBatchCount)
        for share in shares {
          #expect(share[index].globalMaskedCount == step.globalMaskedCount)
          #expect(share[index].globalTokenCount == step.globalTokenCount)
          #expect(share[index].globalSampleCount == step.globalSampleCount)
          #expect(share[index].index == epoch * 4 + index)
          #expect(share[index].epoch == epoch)
        }
      }
    }
  }

  @Test func aWorldsRanksReadTheirOwnShare() throws {
    let shares = try ThreadWorld.run(ranks: 3) { [dataset, collator] world in
      let loader = try DataLoader(
        dataset, microBatchSize: 2, globalBatchSize: 12, order: .shuffled(seed: 42),
        collator: collator, on: world)
      return Array(loader.steps(inEpoch: 0)).map(\.microBatches)
    }
    let whole = Array(try loader(rank: 0, of: 1).steps(inEpoch: 0)).map(\.microBatches)
    #expect(whole == (0..<4).map { step in shares.flatMap { $0[step] } })
  }

  @Test func globalCountsAreSumsOverTheMicroBatches() throws {
    let steps = Array(try loader(rank: 0, of: 1).steps(inEpoch: 0))
    for step in steps {
      #expect(step.globalMaskedCount == step.microBatches.reduce(0) { $0 + $1.maskedCount })
      #expect(step.globalTokenCount == step.microBatches.reduce(0) { $0 + $1.tokenCount })
      #expect(step.globalSampleCount == step.microBatches.reduce(0) { $0 + $1.sampleCount })
    }
    #expect(steps.map(\.globalSampleCount) == [12, 12, 12, 9])
    #expect(steps.map(\.globalMicroBatchCount) == [6, 6, 6, 5])
    #expect(steps.map { $0.microBatches.map(\.microBatch) }.last == [0, 1, 2, 3, 4])
  }

  @Test func ranksWithoutMicroBatchesStillSeeTheStep() throws {
    let small = TokenDataset(samples: (0..<14).map { _ in [2, 9, 8, 3] })
    let steps = try (0..<6).map { rank in
      Array(
        try DataLoader(
          small, microBatchSize: 2, globalBatchSize: 12, order: .sequential, collator: collator,
          rank: rank, worldSize: 6
        ).steps(inEpoch: 0))
    }
    #expect(steps.map { $0[1].microBatches.count } == [0, 0, 0, 0, 0, 1])
    #expect(steps.allSatisfy { $0[1].globalMicroBatchCount == 1 })
    #expect(steps.allSatisfy { $0[1].globalMaskedCount == steps[5][1].globalMaskedCount })
  }

  @Test(arguments: [0, 1, 3, 4])
  func startingInTheMiddleSkipsNothingElse(start: Int) throws {
    let loader = try loader(rank: 1, of: 2)
    let all = Array(loader.steps(inEpoch: 3))
    #expect(Array(loader.steps(inEpoch: 3, from: start)) == Array(all[start...]))
  }

  @Test func epochsDifferAndRepeatThemselves() throws {
    let loader = try loader(rank: 0, of: 1)
    #expect(Array(loader.steps(inEpoch: 1)) == Array(loader.steps(inEpoch: 1)))
    #expect(
      Array(loader.steps(inEpoch: 0)).map { $0.microBatches.map(\.ids) }
        != Array(loader.steps(inEpoch: 1)).map { $0.microBatches.map(\.ids) })
  }

  @Test func everyMicroBatchHasItsOwnKey() throws {
    let loader = try loader(rank: 0, of: 1)
    let keys = (0..<3).flatMap { epoch in
      loader.steps(inEpoch: epoch).flatMap { $0.microBatches.map(\.key) }
    }
    #expect(Set(keys).count == keys.count)
  }

  @Test func leavingAnEpochEarlyEndsItsThread() throws {
    let loader = try loader(rank: 0, of: 1)
    for _ in 0..<200 {
      for step in loader.steps(inEpoch: 0) {
        #expect(step.index == 0)
        break
      }
    }
  }

  @Test func evaluationReadsEverySampleOnceInOrder() throws {
    let loader = try DataLoader(dataset, microBatchSize: 8, collator: collator.frozen)
    let batches = Array(loader.batches())
    #expect(batches.map(\.sampleCount) == [8, 8, 8, 8, 8, 5])
    #expect(batches == Array(loader.batches()))
    let lengths = batches.flatMap { batch in
      (0..<batch.sequenceCount).map { batch.sequenceLength($0) }
    }
    #expect(lengths == (0..<45).map { dataset.sample($0).count })
  }

  @Test func anEmptyDatasetIsRefused() {
    #expect(throws: BatchPlanError.noSamples) {
      try DataLoader(TokenDataset(samples: []), microBatchSize: 8, collator: collator)
    }
  }
}
