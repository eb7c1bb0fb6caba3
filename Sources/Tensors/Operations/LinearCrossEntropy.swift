internal import Kernels

extension Tensor {
  /// Cross-entropy of the logits `self · Wᵀ + bias` against labels, summed, in nats.
  ///
  /// In float32 the same as `linear` and `crossEntropy`. In bfloat16 logits lie with one class a row:
  /// the weights of a large vocabulary are then read as they lie, which is twice as fast.
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
    guard weight.store?.precision == .bfloat16, !labels.isEmpty else {
      return linear([weight]).crossEntropy(
        labels, bias: bias, reduction: .sum, overwritesInput: true)
    }
    let x = self
    let scores = ClassScores(x, weight, bias)
    let y = Storage(count: 1)
    y.pointer[0] = Float(scores.lossSum(labels))
    return Tensor(y, shape: [], from: [x] + [weight, bias].compactMap { $0?.tensor }) { dy in
      scores.backward(labels, scale: dy.pointer[0])
    }
  }

  /// How well the logits `self · Wᵀ + bias` predict labels, without a graph.
  ///
  /// - Returns: The summed cross-entropy in nats, and how often the largest logit is the label.
  public func linearPredictionScore(
    _ weight: Parameter, bias: Parameter?, labels: [Int32]
  ) -> (lossSum: Double, correctCount: Int) {
    guard weight.store?.precision == .bfloat16, !labels.isEmpty else {
      return withoutGradients { linear([weight]).predictionScore(labels, bias: bias) }
    }
    let scores = ClassScores(self, weight, bias)
    return (scores.lossSum(labels), zip(scores.largest, labels).count { $0 == $1 })
  }
}

/// Logits `[classes, rows]` of bfloat16 operands, and the way back from them.
private final class ClassScores {
  private let x: Tensor
  private let weight: Parameter
  private let bias: Parameter?
  private let rows, padded, inner, classes: Int
  private let roundedX: Storage
  private let logits: Storage
  private let logSumExp: Storage
  let largest: [Int32]

  init(_ x: Tensor, _ weight: Parameter, _ bias: Parameter?) {
    precondition(
      x.shape.count == 2 && weight.shape == [weight.shape[0], x.shape[1]]
        && bias?.count ?? weight.shape[0] == weight.shape[0],
      "linearCrossEntropy: input \(x.shape), weight \(weight.shape), bias \(bias?.shape ?? [])")
    guard let store = weight.store else { preconditionFailure("\(weight.name): no store") }
    (self.x, self.weight, self.bias) = (x, weight, bias)
    (rows, inner, classes) = (x.shape[0], x.shape[1], weight.shape[0])
    padded = BFloat16.paddedRows(rows)
    roundedX = Storage(roundedRows: rows, columns: inner)
    BFloat16.convert(roundedX.rounded, x.pointer, rows: rows, columns: inner)
    logits = Storage(count: classes * padded)
    BFloat16Product.multiply(
      into: logits.pointer, stride: padded, BFloat16Operand(store.rounded([weight]), stride: inner),
      BFloat16Operand(roundedX.rounded, stride: inner, transposed: true), rows: classes,
      columns: padded, inner: inner)
    logSumExp = Storage(count: padded)
    let scratch = Storage(
      count: ColumnCrossEntropyKernel.scratchCount(classes: classes, columns: padded))
    var largest = [Int32](repeating: 0, count: padded)
    ColumnCrossEntropyKernel.forward(
      logSumExp: logSumExp.pointer, largest: &largest, logits.pointer, bias: bias?.values,
      scratch: scratch.pointer, classes: classes, columns: padded)
    extendLifetime(scratch)
    self.largest = Array(largest.prefix(rows))
  }

  func lossSum(_ labels: [Int32]) -> Double {
    precondition(
      labels.count == rows && labels.allSatisfy { 0 <= $0 && $0 < classes },
      "linearCrossEntropy: \(labels.count) labels for \(rows) rows, or one outside 0..<\(classes)")
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      let target =
        logits.pointer[Int(label) * padded + row] + (bias.map { $0.values[Int(label)] } ?? 0)
      sum += Double(logSumExp.pointer[row] - target)
    }
    return sum
  }

  func backward(_ labels: [Int32], scale: Float) {
    guard let store = weight.store else { return }
    let dlogits = Storage(roundedRows: classes, columns: padded)
    let padding = padded - rows
    ColumnCrossEntropyKernel.backward(
      dlogits.rounded, dbias: bias?.clearedGradient(), logits.pointer, bias: bias?.values,
      logSumExp: logSumExp.pointer, labels: labels + [Int32](repeating: -1, count: padding),
      scales: [Float](repeating: scale, count: rows) + [Float](repeating: 0, count: padding),
      classes: classes, columns: padded)
    let target = weight.gradientTarget()
    BFloat16Product.multiply(
      into: target.pointer, stride: inner, BFloat16Operand(dlogits.rounded, stride: padded),
      BFloat16Operand(roundedX.rounded, stride: inner), rows: classes, columns: inner,
      inner: padded, accumulates: target.accumulates)
    if x.requiresGradient {
      let dx = Storage(count: rows * inner, capacity: padded * inner)
      let scratch = Storage(
        count: LongProduct.scratchCount(rows: padded, columns: inner, inner: classes))
      LongProduct.multiply(
        into: dx.pointer, BFloat16Operand(dlogits.rounded, stride: padded, transposed: true),
        BFloat16Operand(store.rounded([weight]), stride: inner), rows: padded, columns: inner,
        inner: classes, scratch: scratch.pointer)
      extendLifetime(scratch)
      x.adoptGradient(dx)
    }
    extendLifetime(dlogits)
  }
}
