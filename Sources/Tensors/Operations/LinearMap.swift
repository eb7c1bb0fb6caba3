internal import Kernels

/// Weights and biases that one product reads as one, or those of some of their outputs.
struct LinearMap {
  private let weights: [Parameter]
  private let biases: [Parameter]
  /// Which outputs are computed, of all that the weights have.
  let outputs: Range<Int>
  private let isWhole: Bool

  /// - Precondition: Weights are adjacent and so are biases; `outputs` lies within them.
  init(weights: [Parameter], biases: [Parameter], outputs: Range<Int>?) {
    precondition(
      Self.areAdjacent(weights) && Self.areAdjacent(biases), "linear: gaps in a group")
    let all = 0..<weights.reduce(0) { $0 + $1.shape[0] }
    precondition(
      biases.isEmpty || biases.reduce(0) { $0 + $1.count } == all.count,
      "linear: \(all.count) outputs, biases \(biases.map(\.shape))")
    precondition(
      outputs.map { all.clamped(to: $0) == $0 } ?? true,
      "linear: outputs \(outputs ?? all) of \(all.count)")
    self.weights = weights
    self.biases = biases
    self.outputs = outputs ?? all
    isWhole = self.outputs == all
  }

  /// The first weight of the first output.
  var values: UnsafePointer<Float> { weights[0].values + skippedWeights }

  /// The bias of the first output.
  var bias: UnsafePointer<Float>? { biases.first.map { $0.values + outputs.lowerBound } }

  /// One target for all weights; clears those that are new if others are not, or if only some
  /// outputs will be written.
  func gradientTarget() -> GradientTarget {
    let targets = weights.map { $0.gradientTarget() }
    if isWhole, targets.allSatisfy({ !$0.accumulates }) { return targets[0] }
    for (parameter, target) in zip(weights, targets) where !target.accumulates {
      target.pointer.update(repeating: 0, count: parameter.count)
    }
    return GradientTarget(pointer: targets[0].pointer + skippedWeights, accumulates: true)
  }

  /// Memory that holds the sum of the biases' gradients so far; nil without biases.
  func clearedBiasGradient() -> UnsafeMutablePointer<Float>? {
    biases.map { $0.clearedGradient() }.first.map { $0 + outputs.lowerBound }
  }

  private var skippedWeights: Int {
    outputs.lowerBound * (weights[0].count / weights[0].shape[0])
  }

  private static func areAdjacent(_ parameters: [Parameter]) -> Bool {
    zip(parameters, parameters.dropFirst()).allSatisfy { $0.offset + $0.count == $1.offset }
  }
}
