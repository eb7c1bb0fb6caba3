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
