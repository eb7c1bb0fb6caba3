public import Randomness

/// A micro-batch of masked sequences, packed one behind another: no padding is stored or computed.
///
/// Sequence *i* consists of the tokens `sequenceOffsets[i] ..< sequenceOffsets[i + 1]`; a token's
/// position is its distance from the beginning of its sequence.
public struct MaskedBatch: Sendable, Equatable {
  /// The tokens after masking, `[tokenCount]`.
  public let ids: [TokenID]
  /// Where each sequence begins, and at last `tokenCount`: `[sequenceCount + 1]`.
  public let sequenceOffsets: [Int32]
  /// Which tokens are to be predicted: ascending indices into `ids`, `[maskedCount]`.
  public let maskedPositions: [Int32]
  /// What stood at the masked positions, `[maskedCount]`.
  public let labels: [TokenID]
  /// How many masked positions lie before each sequence, and at last all: `[sequenceCount + 1]`.
  public let maskedOffsets: [Int32]
  /// Names the random streams of this micro-batch in this step, as dropout needs them.
  public let key: RandomKey
  /// The optimizer step that the batch belongs to.
  public let step: Int
  /// Which of the global batch's micro-batches this is.
  public let microBatch: Int
  /// How many samples of the dataset were packed.
  public let sampleCount: Int

  /// Takes a batch that is already packed.
  ///
  /// - Parameters:
  ///   - ids: the tokens after masking, `[tokenCount]`
  ///   - sequenceOffsets: where sequences begin, `[sequenceCount + 1]`, from 0 to `tokenCount`
  ///   - maskedPositions: ascending indices into `ids`
  ///   - labels: one token for each masked position
  ///   - key: names the random streams of this micro-batch
  ///   - step: the optimizer step
  ///   - microBatch: the index within the global batch
  ///   - sampleCount: `sequenceCount` if nil
  /// - Precondition: offsets and positions are in range and in order.
  public init(
    ids: [TokenID], sequenceOffsets: [Int32], maskedPositions: [Int32], labels: [TokenID],
    key: RandomKey, step: Int = 0, microBatch: Int = 0, sampleCount: Int? = nil
  ) {
    precondition(
      sequenceOffsets.first == 0 && sequenceOffsets.last == Int32(ids.count),
      "sequence offsets \(sequenceOffsets) of \(ids.count) tokens")
    precondition(
      maskedPositions.count == labels.count,
      "\(maskedPositions.count) masked positions with \(labels.count) labels")
    self.ids = ids
    self.sequenceOffsets = sequenceOffsets
    self.maskedPositions = maskedPositions
    self.labels = labels
    self.key = key
    self.step = step
    self.microBatch = microBatch
    self.sampleCount = sampleCount ?? sequenceOffsets.count - 1
    maskedOffsets = Self.offsets(of: maskedPositions, in: sequenceOffsets)
  }

  /// How many tokens there are.
  public var tokenCount: Int { ids.count }

  /// How many sequences there are.
  public var sequenceCount: Int { sequenceOffsets.count - 1 }

  /// How many tokens are to be predicted.
  public var maskedCount: Int { labels.count }

  /// How many tokens the longest sequence has; 0 without sequences.
  public var longestSequence: Int {
    (0..<sequenceCount).reduce(0) { max($0, sequenceLength($1)) }
  }

  /// How many tokens a sequence has.
  ///
  /// - Precondition: `sequence` is in 0 ..< `sequenceCount`.
  public func sequenceLength(_ sequence: Int) -> Int {
    Int(sequenceOffsets[sequence + 1] - sequenceOffsets[sequence])
  }

  private static func offsets(of positions: [Int32], in sequences: [Int32]) -> [Int32] {
    var offsets: [Int32] = []
    offsets.reserveCapacity(sequences.count)
    var passed = 0
    var last: Int32 = -1
    for (place, offset) in sequences.enumerated() {
      precondition(
        place == 0 || offset >= sequences[place - 1], "sequence offsets descend to \(offset)")
      while passed < positions.count && positions[passed] < offset {
        precondition(positions[passed] > last, "masked positions do not ascend from \(last)")
        last = positions[passed]
        passed += 1
      }
      offsets.append(Int32(passed))
    }
    precondition(passed == positions.count, "masked positions reach beyond the last token")
    return offsets
  }
}
