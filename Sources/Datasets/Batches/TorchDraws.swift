import Randomness
import Tokens

/// Order and masks of samples as a loop in PyTorch draws them.
///
/// They come one after another from one generator:
///
///     torch.manual_seed(seed)
///     loader = DataLoader(samples, batch_size, shuffle=True,
///                         collate_fn=DataCollatorForLanguageModeling(tokenizer))
///
/// Every epoch draws a number for its workers and a seed for its order; every batch, padded to its
/// longest sample, draws four numbers a place: whether it is chosen, masked, replaced, and by what.
///
/// Source: PyTorch 2.13 and Transformers 5.24, measured; see `scripts/reference/torch_draws.py`.
struct TorchDraws {
  private static let drawsPerPlace = 4
  private static let maskShare: Float = 0.8
  /// Of those that are not masked: 0.1 / (1 - 0.8), in the precision that it is computed in.
  private static let randomShare = Float(0.1 / (1 - 0.8))

  private let dataset: TokenDataset
  private let collator: MaskingCollator
  private let plan: BatchPlan
  private var generator: MersenneTwister
  private var order: [Int] = []

  /// The draws of an epoch from a step on; all before them are made as well.
  init(
    seed: UInt64, _ dataset: TokenDataset, _ collator: MaskingCollator, plan: BatchPlan,
    epoch: Int, step: Int
  ) {
    (self.dataset, self.collator, self.plan) = (dataset, collator, plan)
    generator = MersenneTwister(seed: seed)
    for _ in 0..<epoch {
      beginEpoch()
      skip(steps: plan.stepsPerEpoch)
    }
    beginEpoch()
    skip(steps: step)
  }

  private mutating func beginEpoch() {
    generator.skip(2)
    var shuffling = MersenneTwister(seed: generator.nextSeed())
    order = shuffling.permutation(plan.sampleCount)
  }

  private mutating func skip(steps: Int) {
    for step in 0..<steps {
      for microBatch in 0..<plan.microBatchCount(inStep: step) {
        let places = plan.places(ofMicroBatch: microBatch, inStep: step)
        let width = places.map { dataset.tokenCount(ofSample: order[$0]) }.max() ?? 0
        generator.skip(Self.drawsPerPlace * places.count * width)
      }
    }
  }

  /// Packs and masks the next micro-batch.
  mutating func batch(
    _ microBatch: Int, inStep step: Int, index: Int
  ) -> MaskedBatch {
    let samples = plan.places(ofMicroBatch: microBatch, inStep: step).map {
      dataset.sample(order[$0])
    }
    let width = samples.map(\.count).max() ?? 0
    // The draws for all places come one after another, those for padding too.
    var chosen: [[Bool]] = []
    for sample in samples {
      chosen.append(
        (0..<width).map { column in
          let mayBe = column < sample.count && !collator.isSpecial(sample[column])
          return generator.happens(mayBe ? Float(collator.probability) : 0)
        })
    }
    let masked = draws(samples.count, width) { $0.happens(Self.maskShare) }
    let random = draws(samples.count, width) { $0.happens(Self.randomShare) }
    let words = draws(samples.count, width) { [limit = collator.vocabularySize] in $0.below(limit) }
    var (ids, offsets): ([TokenID], [Int32]) = ([], [0])
    var (positions, labels): ([Int32], [TokenID]) = ([], [])
    for (row, sample) in samples.enumerated() {
      for (column, token) in sample.enumerated() {
        guard chosen[row][column] else {
          ids.append(token)
          continue
        }
        positions.append(Int32(ids.count))
        labels.append(token)
        if masked[row][column] {
          ids.append(collator.mask)
        } else {
          ids.append(random[row][column] ? TokenID(words[row][column]) : token)
        }
      }
      offsets.append(Int32(ids.count))
    }
    return MaskedBatch(
      ids: ids, sequenceOffsets: offsets, maskedPositions: positions, labels: labels,
      key: collator.key(ofStep: index, microBatch: microBatch), step: index,
      microBatch: microBatch, sampleCount: samples.count)
  }

  private mutating func draws<Number>(
    _ rows: Int, _ columns: Int, _ draw: (inout MersenneTwister) -> Number
  ) -> [[Number]] {
    (0..<rows).map { _ in (0..<columns).map { _ in draw(&generator) } }
  }
}
