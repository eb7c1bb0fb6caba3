import Glibc
public import Tokens

/// The best guess of who knows how frequent each token is and nothing else: what a model must beat.
///
/// Every token that is not special has the probability (count + 1) / (all counts + all tokens).
public struct UnigramBaseline: Sendable {
  private let surprises: [Double]

  /// The baseline of a training set.
  ///
  /// - Parameters:
  ///   - training: where the frequencies come from
  ///   - vocabularySize: how many tokens there are
  ///   - specialTokens: which are never predicted and therefore not counted
  /// - Precondition: the dataset holds tokens of the vocabulary only.
  public init(training: TokenDataset, vocabularySize: Int, specialTokens: SpecialTokens) {
    self.init(counts: training.tokenCounts(vocabularySize: vocabularySize), specialTokens)
  }

  /// The baseline of known frequencies.
  ///
  /// - Parameters:
  ///   - counts: how often each token of the vocabulary occurs
  ///   - specialTokens: which are never predicted and therefore not counted
  public init(counts: [Int], _ specialTokens: SpecialTokens) {
    var smoothed = counts.map { Double($0) + 1 }
    for token in specialTokens.all { smoothed[Int(token)] = 0 }
    let total = smoothed.reduce(0, +)
    surprises = smoothed.map { log(total / $0) }
  }

  /// The negative logarithm of a token's probability, in nats; infinite for special tokens.
  public func surprise(of token: TokenID) -> Double {
    surprises[Int(token)]
  }

  /// The sum over a batch's labels of their negative log-probability, in nats.
  public func lossSum(of batch: MaskedBatch) -> Double {
    batch.labels.reduce(0) { $0 + surprise(of: $1) }
  }
}

extension TokenDataset {
  /// How often each token occurs in all samples together, those around the samples included.
  ///
  /// - Parameter vocabularySize: how many tokens there are
  /// - Returns: a count for each token of the vocabulary
  /// - Precondition: the dataset holds tokens of the vocabulary only.
  public func tokenCounts(vocabularySize: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: vocabularySize)
    guard let (whole, rest) = wholeAndRest(vocabularySize), rest.count < count else {
      addTokens(to: &counts)
      return counts
    }
    // What is left of a text is the text, whose counts are known, without what was held out.
    rest.addTokens(to: &counts)
    return counts.indices.map { whole[$0] - counts[$0] }
  }

  private func addTokens(to counts: inout [Int]) {
    var tokens: [TokenID] = []
    for index in 0..<count {
      tokens.removeAll(keepingCapacity: true)
      append(sample: index, to: &tokens)
      TokenCounts.add(tokens, to: &counts)
    }
  }

  /// The counts of the text that this is a part of, and the other part.
  private func wholeAndRest(
    _ vocabularySize: Int
  ) -> (whole: [Int], rest: TokenDataset)? {
    guard case .blocks(let blocks) = storage, let rest = complement else { return nil }
    var whole = blocks.stream.counts
    whole += [Int](repeating: 0, count: max(0, vocabularySize - whole.count))
    whole[Int(blocks.opening)] += blocks.count
    whole[Int(blocks.closing)] += blocks.count
    return (whole, rest)
  }
}
