import Datasets
import Testing
import Tokens

@Suite struct MaskingCollatorTests {
  static let vocabularySize = 1000
  static let specials = SpecialTokens(
    unknown: 1, padding: 0, classification: 2, separator: 3, mask: 4)

  /// 400 samples of 130 tokens: 51,200 that may be masked, each sample with two special ones
  /// around it and one inside.
  let dataset = TokenDataset(
    samples: (0..<400).map { row in
      let words = (0..<128).map { TokenID(5 + (row * 131 + $0 * 17) % 995) }
      return [2] + words + [1, 3]
    })
  let collator = MaskingCollator(
    vocabularySize: vocabularySize, specialTokens: specials, probability: 0.15, seed: 7)

  private func original(_ samples: some Collection<Int>) -> [TokenID] {
    samples.flatMap { dataset.sample($0) }
  }

  @Test func labelsAreWhatStoodThereAndTheRestIsUntouched() {
    let batch = collator.batch(of: 3..<9, in: dataset, epoch: 1, step: 5, microBatch: 2)
    let before = original(3..<9)
    #expect(batch.tokenCount == before.count)
    #expect(batch.sequenceOffsets == (0...6).map { Int32($0 * 131) })
    #expect(batch.sampleCount == 6)
    #expect(batch.step == 5 && batch.microBatch == 2)
    #expect(batch.maskedPositions.map { before[Int($0)] } == batch.labels)
    let masked = Set(batch.maskedPositions)
    for index in before.indices where !masked.contains(Int32(index)) {
      #expect(batch.ids[index] == before[index])
    }
  }

  @Test func sharesAreThoseOfBERTWithinThreeStandardDeviations() {
    let batch = collator.batch(of: 0..<400, in: dataset)
    let before = original(0..<400)
    let eligible = before.count { !Self.specials.all.contains($0) }
    #expect(eligible == 51_200)
    func expect(_ count: Int, of total: Int, near share: Double, _ what: Comment) {
      let deviation = (Double(total) * share * (1 - share)).squareRoot()
      #expect(abs(Double(count) - Double(total) * share) < 3 * deviation, what)
    }
    expect(batch.maskedCount, of: eligible, near: 0.15, "chosen")
    var mask = 0
    var same = 0
    for (position, label) in zip(batch.maskedPositions, batch.labels) {
      if batch.ids[Int(position)] == 4 { mask += 1 }
      if batch.ids[Int(position)] == label { same += 1 }
    }
    let random = batch.maskedCount - mask - same
    let vocabularyShare = 1 / Double(Self.vocabularySize)
    expect(mask, of: batch.maskedCount, near: 0.8 + 0.1 * vocabularyShare, "mask")
    expect(same, of: batch.maskedCount, near: 0.1 + 0.1 * vocabularyShare, "same")
    expect(random, of: batch.maskedCount, near: 0.1 - 0.2 * vocabularyShare, "random")
  }

  @Test func everyPlaceOfASampleIsChosenEquallyOften() {
    let sample = TokenDataset(samples: [[2] + [TokenID](repeating: 9, count: 16) + [3]])
    var counts = [Int](repeating: 0, count: 18)
    for epoch in 0..<4000 {
      for position in collator.batch(of: [0], in: sample, epoch: epoch).maskedPositions {
        counts[Int(position)] += 1
      }
    }
    #expect(counts.first == 0 && counts.last == 0)
    // 600 expected with a standard deviation of 22.6.
    for count in counts[1...16] { #expect(abs(count - 600) < 91) }
  }

  @Test func randomWordsAreUniformOverTheWholeVocabulary() {
    let small = MaskingCollator(
      vocabularySize: 10, specialTokens: Self.specials, probability: 1, seed: 1)
    let sample = TokenDataset(samples: [[TokenID](repeating: 9, count: 500)])
    var counts = [Int](repeating: 0, count: 10)
    for epoch in 0..<40 {
      for id in small.batch(of: [0], in: sample, epoch: epoch).ids { counts[Int(id)] += 1 }
    }
    // Of 20,000 tokens 1 % each is a random word; 4 is the mask besides, 9 what stood there.
    for (id, count) in counts.enumerated() where id != 4 && id != 9 {
      #expect(abs(count - 200) < 60, "token \(id)")
    }
  }

  @Test func masksBelongToSeedEpochAndSampleAlone() throws {
    let together = collator.batch(of: [5, 6, 7], in: dataset, epoch: 3, step: 1)
    let alone = collator.batch(of: [6], in: dataset, epoch: 3, step: 9, microBatch: 4)
    let offset = together.sequenceOffsets[1]
    #expect(alone.ids == Array(together.ids[131..<262]))
    #expect(
      alone.maskedPositions
        == together.maskedPositions.filter { $0 >= offset && $0 < 2 * offset }.map { $0 - offset })
    #expect(alone.key != together.key)

    let otherEpoch = collator.batch(of: [6], in: dataset, epoch: 4)
    #expect(otherEpoch.maskedPositions != alone.maskedPositions)
    let otherSeed = MaskingCollator(
      vocabularySize: Self.vocabularySize, specialTokens: Self.specials, seed: 8
    ).batch(of: [6], in: dataset, epoch: 3)
    #expect(otherSeed.maskedPositions != alone.maskedPositions)
    let twins = TokenDataset(samples: [dataset.sample(0), dataset.sample(0)])
    #expect(
      collator.batch(of: [0], in: twins).maskedPositions
        != collator.batch(of: [1], in: twins).maskedPositions)

    let (training, _) = try dataset.split(validationFraction: 0.1)
    let moved = collator.batch(of: [11], in: training, epoch: 3)
    let identity = training.identity(ofSample: 11)
    #expect(moved.ids == collator.batch(of: [identity], in: dataset, epoch: 3).ids)
  }

  @Test func frozenMasksAreTheSameInEveryEpochAndNoOthers() {
    let frozen = collator.frozen
    let batch = frozen.batch(of: 0..<4, in: dataset, epoch: 0)
    #expect(frozen.batch(of: 0..<4, in: dataset, epoch: 5).ids == batch.ids)
    #expect(collator.batch(of: 0..<4, in: dataset, epoch: 0).ids != batch.ids)
    #expect(frozen.isFrozen && !collator.isFrozen)
  }

  @Test func aSampleMayHaveNothingToPredict() {
    let empty = TokenDataset(samples: [[2, 3], [2, 3, 3]])
    let batch = collator.batch(of: 0..<2, in: empty)
    #expect(batch.maskedCount == 0)
    #expect(batch.maskedOffsets == [0, 0, 0])
    #expect(batch.sequenceCount == 2)
  }

  @Test(arguments: [0.0, 1.0])
  func certainProbabilitiesAreCertain(probability: Double) {
    let certain = MaskingCollator(
      vocabularySize: Self.vocabularySize, specialTokens: Self.specials, probability: probability)
    let batch = certain.batch(of: [0], in: dataset)
    #expect(batch.maskedCount == Int(probability) * 128)
  }
}
