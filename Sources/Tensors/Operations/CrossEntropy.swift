internal import Kernels

extension Tensor {
  /// Cross-entropy of rows of logits against labels, in nats.
  ///
  /// Source: `torch.nn.functional.cross_entropy`.
  ///
  /// - Parameters:
  ///   - labels: One class per row.
  ///   - bias: `[classes]`, added to every row of logits first; nil for none.
  ///   - reduction: The sum over rows, or their mean (0 for no rows).
  ///   - overwritesInput: Whether the gradient may be stored in the memory of `self`, which nothing
  ///     else may read then.
  /// - Returns: A scalar.
  /// - Precondition: `self` is `[labels.count, classes]` and the labels are classes.
  public func crossEntropy(
    _ labels: [Int32], bias: Parameter? = nil, reduction: Reduction = .mean,
    overwritesInput: Bool = false
  ) -> Tensor {
    let (rows, columns) = checkedForCrossEntropy(labels, bias)
    let x = self
    let forward = forwardCrossEntropy(labels, bias)
    let factor: Float = reduction == .sum ? 1 : 1 / Float(max(rows, 1))
    let y = Storage(count: 1)
    y.pointer[0] = Float(forward.lossSum) * factor
    return Tensor(y, shape: [], from: [x] + (bias.map { [$0.tensor] } ?? [])) { dy in
      let dx = overwritesInput ? x.storage : Storage(count: rows * columns)
      CrossEntropyKernel.backward(
        dx.pointer, dbias: bias?.clearedGradient(), x.pointer, bias: bias?.values,
        logSumExp: forward.logSumExp.pointer, labels: labels, scale: dy.pointer[0] * factor,
        rows: rows, columns: columns)
      x.adoptGradient(dx)
    }
  }

  /// How well rows of logits predict labels, without a graph.
  ///
  /// - Returns: The summed cross-entropy in nats, and how often the largest logit is the label.
  public func predictionScore(
    _ labels: [Int32], bias: Parameter? = nil
  ) -> (lossSum: Double, correctCount: Int) {
    _ = checkedForCrossEntropy(labels, bias)
    let forward = forwardCrossEntropy(labels, bias)
    return (forward.lossSum, zip(forward.largest, labels).count { $0 == $1 })
  }

  /// How a loss over rows becomes one number.
  public enum Reduction: Sendable {
    /// The sum over all rows.
    case sum
    /// The mean over all rows.
    case mean
  }

  private func checkedForCrossEntropy(_ labels: [Int32], _ bias: Parameter?) -> (Int, Int) {
    precondition(
      shape.count == 2 && shape[0] == labels.count && bias?.count ?? shape[1] == shape[1],
      "crossEntropy: logits \(shape), \(labels.count) labels, bias \(bias?.shape ?? [])")
    let classes = shape[1]
    precondition(
      labels.allSatisfy { 0 <= $0 && $0 < classes }, "crossEntropy: a label outside 0..<\(classes)")
    return (shape[0], classes)
  }

  private func forwardCrossEntropy(
    _ labels: [Int32], _ bias: Parameter?
  ) -> (lossSum: Double, logSumExp: Storage, largest: [Int32]) {
    let losses = Storage(count: labels.count)
    let logSumExp = Storage(count: labels.count)
    var largest = [Int32](repeating: 0, count: labels.count)
    largest.withUnsafeMutableBufferPointer { largest in
      guard let largest = largest.baseAddress else { return }
      CrossEntropyKernel.forward(
        loss: losses.pointer, logSumExp: logSumExp.pointer, largest: largest, pointer,
        bias: bias?.values, labels: labels, rows: labels.count, columns: shape[1])
    }
    let lossSum = ElementwiseKernel.sum(losses.pointer, count: labels.count)
    extendLifetime(losses)
    return (lossSum, logSumExp, largest)
  }
}
