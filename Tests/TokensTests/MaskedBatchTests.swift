import Randomness
import Testing
import Tokens

@Suite struct MaskedBatchTests {
  @Test func packedBatchKnowsItsSequences() {
    let batch = MaskedBatch(
      ids: [2, 9, 4, 3, 2, 3, 2, 4, 4, 3], sequenceOffsets: [0, 4, 6, 10],
      maskedPositions: [2, 7, 8], labels: [11, 12, 13], key: RandomKey(seed: 1), step: 5,
      microBatch: 3)
    #expect(batch.tokenCount == 10)
    #expect(batch.sequenceCount == 3)
    #expect(batch.sampleCount == 3)
    #expect(batch.maskedCount == 3)
    #expect(batch.maskedOffsets == [0, 1, 1, 3])
    #expect((0..<3).map(batch.sequenceLength) == [4, 2, 4])
    #expect(batch.longestSequence == 4)
  }

  @Test func emptyBatchIsABatch() {
    let batch = MaskedBatch(
      ids: [], sequenceOffsets: [0], maskedPositions: [], labels: [], key: RandomKey(seed: 1))
    #expect(batch.sequenceCount == 0)
    #expect(batch.maskedOffsets == [0])
    #expect(batch.longestSequence == 0)
  }

  @Test func paddedRowsArePackedWithoutTheirPadding() {
    let padded = MaskedBatch(
      paddedIDs: [[2, 4, 9, 3, 0], [2, 3, 0, 0, 0], [2, 7, 8, 4, 3]],
      attentionMask: [[1, 1, 1, 1, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]],
      labels: [
        [-100, 20, -100, -100, -100], [-100, -100, -100, -100, -100], [-100, 7, -100, 21, -100],
      ], step: 2, microBatch: 1)
    let packed = MaskedBatch(
      ids: [2, 4, 9, 3, 2, 3, 2, 7, 8, 4, 3], sequenceOffsets: [0, 4, 6, 11],
      maskedPositions: [1, 7, 9], labels: [20, 7, 21], key: RandomKey(seed: 0), step: 2,
      microBatch: 1)
    #expect(padded == packed)
  }

  @Test func positionsMustAscendWithinTheTokens() async {
    await #expect(processExitsWith: .failure) {
      _ = MaskedBatch(
        ids: [1, 2, 3], sequenceOffsets: [0, 3], maskedPositions: [2, 1], labels: [5, 6],
        key: RandomKey(seed: 0))
    }
    await #expect(processExitsWith: .failure) {
      _ = MaskedBatch(
        ids: [1, 2, 3], sequenceOffsets: [0, 3], maskedPositions: [3], labels: [5],
        key: RandomKey(seed: 0))
    }
  }

  @Test func leftPaddingIsRefused() async {
    await #expect(processExitsWith: .failure) {
      _ = MaskedBatch(
        paddedIDs: [[0, 2, 3]], attentionMask: [[0, 1, 1]], labels: [[-100, -100, -100]])
    }
  }

  @Test func specialTokensAreListedOnceInOrder() {
    let tokens = SpecialTokens(
      unknown: 3, padding: 1, classification: 0, separator: 2, mask: 4, additional: [3, 9])
    #expect(tokens.all == [0, 1, 2, 3, 4, 9])
  }

  @Test func placesAreCountedFromTheBeginningOfEachSequence() {
    let batch = MaskedBatch(
      ids: [5, 6, 7, 8, 9, 10], sequenceOffsets: [0, 2, 2, 6], maskedPositions: [1, 2, 5],
      labels: [1, 2, 3], key: RandomKey(seed: 0))
    #expect(batch.tokenPlaces == [0, 1, 0, 1, 2, 3])
    #expect(batch.maskedPlaces == [1, 0, 3])
  }
}
