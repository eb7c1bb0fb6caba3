import Randomness
public import Tokens

/// Hides random tokens of samples, as BERT was trained: of the chosen ones 80 % become the mask, 10 %
/// a random token, 10 % stay.
///
/// Every token that is not special is chosen with the same probability, on its own. The draws belong
/// to (seed, epoch, sample): they are the same whatever batch, rank or thread the sample is in.
///
/// Source: `DataCollatorForLanguageModeling` of Transformers, with another source of randomness.
public struct MaskingCollator: Sendable {
  /// The probability with which a token is chosen.
  public let probability: Double
  /// Names the draws, and the dropout of the batches.
  public let seed: UInt64
  /// Whether all epochs have the same masks.
  public let isFrozen: Bool

  let mask: TokenID
  let vocabularySize: Int
  private let isSpecial: [Bool]
  private let threshold: UInt64

  /// The shares of chosen tokens that become the mask, and that become the mask or a random token,
  /// of all 2³² draws.
  private static let maskShare = UInt32(0.8 * 0x1p32)
  private static let changedShare = UInt32(0.9 * 0x1p32)

  /// A collator for a vocabulary.
  ///
  /// - Parameters:
  ///   - vocabularySize: how many tokens there are; random replacements are drawn from all of them
  ///   - specialTokens: which are never chosen
  ///   - probability: with which every other token is chosen
  ///   - seed: names the draws
  /// - Precondition: the probability is in 0 ... 1 and the special tokens are in the vocabulary.
  public init(
    vocabularySize: Int, specialTokens: SpecialTokens, probability: Double = 0.15,
    seed: UInt64 = 42
  ) {
    precondition(probability >= 0 && probability <= 1, "a mask probability of \(probability)")
    precondition(
      specialTokens.all.allSatisfy { $0 >= 0 && Int($0) < vocabularySize },
      "special tokens \(specialTokens.all) of a vocabulary of \(vocabularySize)")
    self.probability = probability
    self.seed = seed
    self.vocabularySize = vocabularySize
    mask = specialTokens.mask
    var isSpecial = [Bool](repeating: false, count: vocabularySize)
    for token in specialTokens.all { isSpecial[Int(token)] = true }
    self.isSpecial = isSpecial
    threshold = UInt64((probability * 0x1p32).rounded())
    isFrozen = false
  }

  private init(freezing other: MaskingCollator) {
    probability = other.probability
    seed = other.seed
    vocabularySize = other.vocabularySize
    mask = other.mask
    isSpecial = other.isSpecial
    threshold = other.threshold
    isFrozen = true
  }

  /// The same collator with one set of masks for all epochs, for evaluation.
  public var frozen: MaskingCollator { MaskingCollator(freezing: self) }

  /// Packs and masks samples of a dataset.
  ///
  /// - Parameters:
  ///   - samples: indices of samples
  ///   - dataset: where they lie
  ///   - epoch: whose masks are drawn
  ///   - step: the optimizer step
  ///   - microBatch: the index within the step's global batch
  /// - Returns: the samples one behind another, in the given order
  /// - Precondition: the samples hold tokens of this collator's vocabulary only.
  public func batch(
    of samples: some Collection<Int>, in dataset: TokenDataset, epoch: Int = 0, step: Int = 0,
    microBatch: Int = 0
  ) -> MaskedBatch {
    var ids: [TokenID] = []
    ids.reserveCapacity(samples.count * dataset.longestSampleCount)
    var offsets: [Int32] = [0]
    offsets.reserveCapacity(samples.count + 1)
    var positions: [Int32] = []
    var labels: [TokenID] = []
    for sample in samples {
      let start = ids.count
      dataset.append(sample: sample, to: &ids)
      let key = key(ofSample: dataset.identity(ofSample: sample), epoch: epoch)
      hide(from: start, in: &ids, key: key, positions: &positions, labels: &labels)
      offsets.append(Int32(ids.count))
    }
    return MaskedBatch(
      ids: ids, sequenceOffsets: offsets, maskedPositions: positions, labels: labels,
      key: key(ofStep: step, microBatch: microBatch), step: step, microBatch: microBatch,
      sampleCount: samples.count)
  }

  /// How many tokens of a sample are chosen: as many as `batch` would hide.
  ///
  /// - Parameters:
  ///   - tokens: the sample
  ///   - identity: the sample's place in the undivided dataset
  ///   - epoch: whose masks are drawn
  /// - Returns: a number that may well be 0
  func maskedCount(of tokens: [TokenID], identity: Int, epoch: Int) -> Int {
    var count = 0
    forEachChosen(of: tokens, from: 0, key: key(ofSample: identity, epoch: epoch)) { _ in
      count += 1
    }
    return count
  }

  /// Whether a token is one that is never chosen.
  func isSpecial(_ token: TokenID) -> Bool { isSpecial[Int(token)] }

  /// Names the dropout of a micro-batch.
  func key(ofStep step: Int, microBatch: Int) -> RandomKey {
    RandomKey(seed: seed).derived("micro-batch").derived(UInt64(step), UInt64(microBatch))
  }

  private func key(ofSample identity: Int, epoch: Int) -> RandomKey {
    let key = RandomKey(seed: seed)
    return isFrozen
      ? key.derived("frozen masks").derived(UInt64(identity))
      : key.derived("masks").derived(UInt64(epoch), UInt64(identity))
  }

  private func hide(
    from start: Int, in ids: inout [TokenID], key: RandomKey, positions: inout [Int32],
    labels: inout [TokenID]
  ) {
    let first = positions.count
    forEachChosen(of: ids, from: start, key: key) { positions.append(Int32($0)) }
    var replacements = RandomStream(key.derived("replacements"))
    for position in positions[first...].lazy.map(Int.init) {
      labels.append(ids[position])
      let draw = UInt32(truncatingIfNeeded: replacements.next())
      if draw < Self.maskShare {
        ids[position] = mask
      } else if draw < Self.changedShare {
        ids[position] = TokenID(replacements.below(vocabularySize))
      }
    }
  }

  /// Walks over the chosen tokens; each block of random bits decides about four tokens.
  private func forEachChosen(
    of ids: [TokenID], from start: Int, key: RandomKey, _ body: (Int) -> Void
  ) {
    var bits: (UInt64, UInt64) = (0, 0)
    for position in start..<ids.count {
      let id = Int(ids[position])
      precondition(
        id >= 0 && id < vocabularySize, "token \(id) of a vocabulary of \(vocabularySize)")
      let place = position - start
      if place % 4 == 0 { bits = Philox.words(at: UInt64(place / 4), of: key) }
      let word = place % 4 < 2 ? bits.0 : bits.1
      let draw = place % 2 == 0 ? word & 0xFFFF_FFFF : word >> 32
      if draw < threshold && !isSpecial[id] { body(position) }
    }
  }
}
