extension Tensor {
  /// Cross-entropy of the logits `self · Wᵀ + bias` against labels, summed, in nats.
  ///
  /// The gradient takes the logits' place.
  ///
  /// - Parameters:
  ///   - weight: `[classes, columns]`.
  ///   - bias: `[classes]`; nil for none.
  ///   - labels: One class per row.
  /// - Returns: A scalar.
  /// - Precondition: `self` is `[labels.count, columns]` and the labels are classes.
  public func linearCrossEntropy(
    _ weight: Parameter, bias: Parameter?, labels: [Int32]
  ) -> Tensor {
    linear([weight]).crossEntropy(labels, bias: bias, reduction: .sum, overwritesInput: true)
  }

  /// How well the logits `self · Wᵀ + bias` predict labels, without a graph.
  ///
  /// - Returns: The summed cross-entropy in nats, and how often the largest logit is the label.
  public func linearPredictionScore(
    _ weight: Parameter, bias: Parameter?, labels: [Int32]
  ) -> (lossSum: Double, correctCount: Int) {
    withoutGradients { linear([weight]).predictionScore(labels, bias: bias) }
  }
}
