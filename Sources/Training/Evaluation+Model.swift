public import Datasets
import Layers
public import Models
import Tensors
import Tokens

extension Evaluation {
  /// Evaluates a model on everything that a loader brings, on the calling rank alone.
  ///
  /// Every masked token weighs the same, so the result does not depend on the batch size, and with a
  /// frozen collator not on the epoch either.
  ///
  /// - Parameters:
  ///   - model: what to evaluate; nothing is dropped and no gradient is computed.
  ///   - loader: the samples, usually held out from training.
  ///   - baseline: what guessing by frequency would lose.
  ///   - advanced: called after every micro-batch with the number of samples done; a place to give
  ///     signs of life to waiting ranks.
  /// - Throws: what `advanced` throws.
  public init(
    of model: any MaskedModel, on loader: DataLoader, baseline: UnigramBaseline,
    advanced: (_ sampleCount: Int) throws -> Void = { _ in }
  ) rethrows {
    let start = ContinuousClock.now
    var lossSum = 0.0
    var unigramLossSum = 0.0
    var correctCount = 0
    var maskedCount = 0
    var sampleCount = 0
    for batch in loader.batches() {
      // A batch without masked tokens has nothing to predict.
      if batch.maskedCount > 0 {
        let score = withoutGradients {
          model.predictions(for: batch, in: .evaluation()).score(batch.labels)
        }
        lossSum += score.lossSum
        correctCount += score.correctCount
        unigramLossSum += baseline.lossSum(of: batch)
      }
      maskedCount += batch.maskedCount
      sampleCount += batch.sampleCount
      try advanced(sampleCount)
    }
    self.init(
      lossSum: lossSum, correctCount: correctCount, maskedCount: maskedCount,
      sampleCount: sampleCount, unigramLossSum: unigramLossSum,
      duration: start.duration(to: ContinuousClock.now))
  }
}
