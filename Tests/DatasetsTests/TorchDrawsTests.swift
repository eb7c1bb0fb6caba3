import Datasets
import Files
import Foundation
import Randomness
import Testing
import Tokens

/// What PyTorch and Transformers drew; see scripts/reference/torch_draws.py.
@Suite struct TorchDrawsTests {
  private let fixture: JSONCursor

  init() throws {
    let folder = try #require(Bundle.module.resourcePath)
    fixture = try JSONCursor.read(folder + "/Fixtures/torch-draws.json")
  }

  private func numbers(_ name: String) throws -> [Int] {
    try fixture.member(name).elements().map { try $0.int() }
  }

  @Test func theGeneratorDrawsAsPyTorchDoes() throws {
    var generator = MersenneTwister(seed: 7)
    let seeds = (0..<400).map { _ in generator.nextSeed() }
    let wanted = try fixture.member("seeds_of_7").elements().map { try $0.string() }
    #expect([seeds[0], seeds[399]].map(String.init) == wanted)
    #expect((0..<5).map { _ in generator.below(30_522) } == (try numbers("then_below_30522")))
    let chances = (0..<40).map { _ in generator.happens(0.15) ? 1 : 0 }
    #expect(chances == (try numbers("then_with_chance_0.15")))
  }

  @Test func passingOverDrawsIsDrawingThem() {
    for count in [0, 1, 623, 624, 625, 3_000] {
      var (drawn, passed) = (MersenneTwister(seed: 5), MersenneTwister(seed: 5))
      for _ in 0..<count { _ = drawn.next() }
      passed.skip(count)
      #expect(drawn.next() == passed.next(), "after \(count)")
    }
  }

  @Test func permutationsAreThoseOfRandperm() throws {
    // A seed beyond 32 bits, of which PyTorch reads the lower ones.
    var generator = MersenneTwister(seed: 2_147_483_648_123)
    #expect(
      generator.permutation(10) == (try numbers("permutation_of_10_by_2147483648123")))
    generator = MersenneTwister(seed: 3)
    #expect(generator.permutation(1_000) == (try numbers("permutation_of_1000_by_3")))
  }

  private func loader(rank: Int = 0, of worldSize: Int = 1) throws -> DataLoader {
    let samples = try fixture.member("samples").elements().map { sample in
      try sample.elements().map { TokenID(try $0.int()) }
    }
    let collator = MaskingCollator(
      vocabularySize: 100,
      specialTokens: SpecialTokens(
        unknown: 1, padding: 0, classification: 2, separator: 3, mask: 4), probability: 0.3)
    return try DataLoader(
      TokenDataset(samples: samples), microBatchSize: 4, globalBatchSize: 8, order: .sequential,
      collator: collator, torchSeed: 42, rank: rank, worldSize: worldSize)
  }

  /// A sequence of a batch as PyTorch writes it: -100 where nothing is to be predicted.
  private struct Row: Equatable {
    let ids, labels: [Int]
  }

  private func rows(_ batch: MaskedBatch) -> [Row] {
    var labels = [Int](repeating: -100, count: batch.ids.count)
    for (position, label) in zip(batch.maskedPositions, batch.labels) {
      labels[Int(position)] = Int(label)
    }
    return zip(batch.sequenceOffsets, batch.sequenceOffsets.dropFirst()).map { first, last in
      let range = Int(first)..<Int(last)
      return Row(ids: batch.ids[range].map(Int.init), labels: Array(labels[range]))
    }
  }

  @Test func twoEpochsAreThoseOfTheTutorialsLoop() throws {
    let loader = try loader()
    let steps = (0..<2).flatMap { Array(loader.steps(inEpoch: $0)) }
    let found = steps.flatMap { $0.microBatches.flatMap(rows) }
    let wanted = try fixture.member("rows_by_seed_42_in_batches_of_4").elements().map { row in
      Row(
        ids: try row.member("ids").elements().map { try $0.int() },
        labels: try row.member("labels").elements().map { try $0.int() })
    }
    #expect(found == wanted)
    #expect(steps.map(\.index) == Array(0..<12))
  }

  @Test func theyAreTheSameForEveryRankAndStart() throws {
    for epoch in 0..<2 {
      let steps = Array(try loader().steps(inEpoch: epoch))
      for start in [1, 3, 6] {
        let resumed = Array(try loader().steps(inEpoch: epoch, from: start))
        #expect(resumed == Array(steps[start...]), "epoch \(epoch) from \(start)")
      }
      let shares = try (0..<2).map { Array(try loader(rank: $0, of: 2).steps(inEpoch: epoch)) }
      for (index, step) in steps.enumerated() {
        #expect(shares.flatMap { $0[index].microBatches } == step.microBatches)
        #expect(shares.allSatisfy { $0[index].globalMaskedCount == step.globalMaskedCount })
      }
    }
  }
}
