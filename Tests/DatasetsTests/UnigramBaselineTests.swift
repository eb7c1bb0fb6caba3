import Datasets
import Glibc
import Randomness
import Testing
import Tokens

@Suite struct UnigramBaselineTests {
  let specials = SpecialTokens(unknown: 1, padding: 0, classification: 2, separator: 3, mask: 4)

  @Test func probabilitiesAreSmoothedFrequenciesOfOrdinaryTokens() {
    let dataset = TokenDataset(samples: [[2, 5, 5, 3], [2, 6, 3], [2, 5, 3]])
    let baseline = UnigramBaseline(training: dataset, vocabularySize: 8, specialTokens: specials)
    // 3 + 1, 1 + 1 and 0 + 1 of 7.
    #expect(abs(baseline.surprise(of: 5) - log(7.0 / 4)) < 1e-12)
    #expect(abs(baseline.surprise(of: 6) - log(7.0 / 2)) < 1e-12)
    #expect(abs(baseline.surprise(of: 7) - log(7.0)) < 1e-12)
    #expect(baseline.surprise(of: 3) == .infinity)
    let total = (5...7).reduce(0.0) { $0 + exp(-baseline.surprise(of: TokenID($1))) }
    #expect(abs(total - 1) < 1e-12)
  }

  @Test func lossOfABatchIsTheSumOverItsLabels() {
    let baseline = UnigramBaseline(counts: [9, 9, 9, 9, 9, 3, 1, 0], specials)
    let batch = MaskedBatch(
      ids: [2, 4, 4, 7, 3], sequenceOffsets: [0, 5], maskedPositions: [1, 2, 3], labels: [5, 6, 5],
      key: RandomKey(seed: 0))
    #expect(abs(baseline.lossSum(of: batch) - (2 * log(7.0 / 4) + log(7.0 / 2))) < 1e-12)
  }
}
