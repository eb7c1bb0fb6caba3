import Glibc

/// How well a model predicts masked tokens, every token weighing the same.
public struct Evaluation: Sendable, Equatable {
  /// The mean loss per masked token in nats.
  public var loss: Double
  /// The share of masked tokens whose most probable prediction is right.
  public var accuracy: Double
  /// The number of tokens that had to be predicted.
  public var maskedCount: Int
  /// The number of samples they are from.
  public var sampleCount: Int
  /// What guessing by frequency alone would lose, in nats per masked token.
  public var unigramLoss: Double
  /// How long it took.
  public var duration: Duration

  /// The number of equally likely tokens that would be as hard to predict.
  public var perplexity: Double { exp(loss) }

  /// An evaluation that came from another rank as bytes.
  init(bytes: [UInt8]) {
    let words = (0..<6).map { place in
      bytes[place * 8..<place * 8 + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    loss = Double(bitPattern: words[0])
    accuracy = Double(bitPattern: words[1])
    unigramLoss = Double(bitPattern: words[2])
    maskedCount = Int(words[3])
    sampleCount = Int(words[4])
    duration = .seconds(Double(bitPattern: words[5]))
  }

  /// The bytes in which an evaluation travels to other ranks.
  var bytes: [UInt8] {
    let words = [
      loss.bitPattern, accuracy.bitPattern, unigramLoss.bitPattern, UInt64(maskedCount),
      UInt64(sampleCount), duration.inSeconds.bitPattern,
    ]
    return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  /// An evaluation made of sums over masked tokens; without any token loss and accuracy are not a number.
  public init(
    lossSum: Double, correctCount: Int, maskedCount: Int, sampleCount: Int, unigramLossSum: Double,
    duration: Duration
  ) {
    loss = lossSum / Double(maskedCount)
    accuracy = Double(correctCount) / Double(maskedCount)
    unigramLoss = unigramLossSum / Double(maskedCount)
    self.maskedCount = maskedCount
    self.sampleCount = sampleCount
    self.duration = duration
  }
}
