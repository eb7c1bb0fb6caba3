import Layers
import Models
import Optimizers
import Tensors
import Tokens

/// The steps of a training loop without ranks: what a test compares with PyTorch's.
struct TrainingRun {
  let model: any PretrainedModel
  let optimizer: AdamW
  var schedule = LearningRateSchedule.constant(peak: 1e-3, warmupSteps: 0)
  /// The largest norm of the gradient; 0 for any.
  var clip = 0.0

  private(set) var losses: [Double] = []
  private(set) var gradientNorms: [Double] = []

  init(_ model: any PretrainedModel, decaysEverything: Bool) {
    self.model = model
    optimizer = AdamW(model.parameters, decaysEverything: decaysEverything)
  }

  mutating func step(on batch: MaskedBatch) {
    let store = model.parameters
    losses.append(model.differentiate(batch))
    let norm = store.parameters.reduce(0.0) { sum, parameter in
      parameter.gradientElements.reduce(sum) { $0 + Double($1) * Double($1) }
    }.squareRoot()
    gradientNorms.append(norm)
    let rate = schedule.learningRate(atStep: optimizer.updateCount)
    optimizer.updateCount += 1
    optimizer.update(
      [0..<store.count], gradients: store.gradients,
      gradientScale: Clipping.factor(norm: norm, maximum: clip), learningRate: rate)
  }
}

extension MaskedModel {
  /// Computes the gradient of a batch's mean loss anew and returns the loss.
  @discardableResult
  func differentiate(_ batch: MaskedBatch) -> Double {
    parameters.zeroGradients()
    let sum = predictions(for: batch, in: .training(key: batch.key)).lossSum(batch.labels)
    sum.backward(scale: 1 / Float(batch.maskedCount))
    parameters.clearGaps()
    return Double(sum.item()) / Double(batch.maskedCount)
  }
}

extension ParameterStore {
  subscript(name: String) -> Parameter? { parameters.first { $0.name == name } }
}

extension String {
  /// Whether a parameter of this name shifts all scores of a query alike, so that softmax does not
  /// see it: its true gradient is 0, and Adam divides rounding noise by rounding noise.
  var isKeyBias: Bool {
    [
      "attention.self.key.bias", "attention.k_lin.bias", "attention.key.bias",
      "attention.attn.k.bias", "attention.self.pos_key_proj.bias",
    ].contains { hasSuffix($0) }
  }

  /// DeBERTa's keys are compared with positions, which sees their bias, but not without these.
  func isKeyBias(in fixture: String) -> Bool {
    isKeyBias || fixture == "deberta-v2-plain" && hasSuffix("attention.self.key_proj.bias")
  }
}
