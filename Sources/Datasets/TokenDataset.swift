import Files
import Randomness
public import Tokens

/// Samples for training: runs of tokens, read when they are asked for.
///
/// A dataset is a value that refers to its tokens; parts of it cost nothing.
public struct TokenDataset: Sendable {
  /// How many samples there are.
  public private(set) var count: Int
  /// No sample has more tokens than this.
  public let longestSampleCount: Int
  /// Equal for datasets with equal content, whatever rank or run made them.
  public let fingerprint: String
  /// What a user should know about the text, each in one line.
  public let notes: [String]

  /// How the samples came about; nil for samples in memory.
  public let preparation: Preparation?

  let storage: Storage
  private var selections: [Selection]

  /// What making samples of texts took.
  public struct Preparation: Sendable, Equatable {
    /// The size of the texts in bytes.
    public let byteCount: Int
    /// How many documents the texts have.
    public let documentCount: Int
    /// How many tokens the documents have, separators not counted.
    public let wordTokenCount: Int
    /// Whether the tokens were found in the cache.
    public let isCached: Bool
  }

  enum Storage: Sendable {
    case samples([[TokenID]])
    case blocks(TokenBlocks)

    var count: Int {
      switch self {
      case .samples(let samples): samples.count
      case .blocks(let blocks): blocks.count
      }
    }
  }

  /// A run of a random order of a larger dataset.
  struct Selection: Sendable {
    let seed: UInt64
    let order: Permutation
    let places: Range<Int>
  }

  /// A dataset of samples that are in memory, special tokens included.
  public init(samples: [[TokenID]]) {
    storage = .samples(samples)
    selections = []
    count = samples.count
    longestSampleCount = samples.reduce(0) { max($0, $1.count) }
    let digest = SHA256()
    for sample in samples {
      let words = [TokenID(sample.count)] + sample
      digest.update(words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 255) } })
    }
    fingerprint = digest.finish().hex
    notes = []
    preparation = nil
  }

  init(
    blocks: TokenBlocks, fingerprint: String, notes: [String], preparation: Preparation
  ) {
    storage = .blocks(blocks)
    selections = []
    count = blocks.count
    longestSampleCount = blocks.length
    self.fingerprint = fingerprint
    self.notes = notes
    self.preparation = preparation
  }

  private init(_ whole: TokenDataset, _ selection: Selection) {
    storage = whole.storage
    selections = whole.selections + [selection]
    count = selection.places.count
    longestSampleCount = whole.longestSampleCount
    fingerprint =
      SHA256.digest(
        of: Array("\(whole.fingerprint) \(selection.seed) \(selection.places)".utf8)
      ).hex
    notes = whole.notes
    preparation = whole.preparation
  }

  /// The other part of what this was split from; nothing if it is whole, nil if it was split twice.
  var complement: TokenDataset? {
    var whole = self
    whole.selections = []
    whole.count = storage.count
    guard let selection = selections.first else {
      whole.count = 0
      return whole
    }
    guard selections.count == 1 else { return nil }
    // Each part of a split lies at one end of the order.
    let places = selection.places
    return TokenDataset(
      whole,
      Selection(
        seed: selection.seed, order: selection.order,
        places: places.lowerBound == 0
          ? places.upperBound..<whole.count : 0..<places.lowerBound))
  }

  /// A sample's tokens with its special tokens.
  ///
  /// - Precondition: `index` is in 0 ..< `count`.
  public func sample(_ index: Int) -> [TokenID] {
    var tokens: [TokenID] = []
    append(sample: index, to: &tokens)
    return tokens
  }

  /// Adds a sample's tokens with its special tokens to others.
  ///
  /// - Precondition: `index` is in 0 ..< `count`.
  public func append(sample index: Int, to tokens: inout [TokenID]) {
    let identity = identity(ofSample: index)
    switch storage {
    case .samples(let samples): tokens += samples[identity]
    case .blocks(let blocks): blocks.append(identity, to: &tokens)
    }
  }

  /// How many tokens a sample has, its special tokens included; costs no reading.
  ///
  /// - Precondition: `index` is in 0 ..< `count`.
  func tokenCount(ofSample index: Int) -> Int {
    let identity = identity(ofSample: index)
    return switch storage {
    case .samples(let samples): samples[identity].count
    case .blocks(let blocks): blocks.tokenCount(identity)
    }
  }

  /// A sample's index in the dataset that this one was split off from: it keeps its masks there.
  ///
  /// - Precondition: `index` is in 0 ..< `count`.
  public func identity(ofSample index: Int) -> Int {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    return selections.reversed().reduce(index) { index, selection in
      selection.order[selection.places.lowerBound + index]
    }
  }

  /// Holds out randomly chosen samples.
  ///
  /// - Parameters:
  ///   - validationFraction: the share to hold out, in 0 ..< 1; if positive, at least one
  ///     sample and not all
  ///   - seed: names the choice
  /// - Returns: what is left and what is held out, both in a random order; with nothing to hold out, the
  ///   dataset as it is and none of it
  /// - Throws: `DataError` if the share is out of range or nothing would be left on one side.
  public func split(
    validationFraction: Double, seed: UInt64 = 42
  ) throws -> (training: TokenDataset, validation: TokenDataset) {
    guard validationFraction >= 0, validationFraction < 1 else {
      throw DataError.validationFraction(validationFraction)
    }
    var heldOut = Int((Double(count) * validationFraction).rounded())
    if validationFraction > 0 { heldOut = max(1, min(heldOut, count - 1)) }
    guard heldOut < count else {
      throw DataError.tooFewSamples(count: count, longest: longestSampleCount)
    }
    let order = Permutation(count: count, key: RandomKey(seed: seed).derived("validation"))
    let validation = TokenDataset(self, Selection(seed: seed, order: order, places: 0..<heldOut))
    guard heldOut > 0 else { return (self, validation) }
    return (
      TokenDataset(self, Selection(seed: seed, order: order, places: heldOut..<count)), validation
    )
  }
}
