public import Layers
public import Randomness
public import Tensors
public import Tokens

/// A model that predicts the masked tokens of a batch: what a training loop needs to know of it.
///
/// Models know nothing of ranks, optimizers or files.
public protocol MaskedModel: AnyObject {
  /// Everything that training changes.
  var parameters: ParameterStore { get }

  /// Predicts the tokens at the masked positions of `batch`.
  func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions
}

/// A model that is described by config.json and named by Hugging Face.
public protocol PretrainedModel: MaskedModel {
  /// What the model is made of.
  var configuration: ModelConfiguration { get }
}

/// The logits of the masked tokens.
public struct MaskedPredictions {
  private let scores: Tensor
  private let bias: Parameter?
  private let overwritesLogits: Bool

  /// Logits `[maskedCount, vocabularySize]`, to which `bias` `[vocabularySize]` is still to be added.
  ///
  /// - Parameters:
  ///   - logits: One row for every masked token.
  ///   - bias: Nil for none.
  ///   - overwritesLogits: Whether the backward pass of the loss may store its gradient in the
  ///     memory of `logits`, which nothing but this loss may read then.
  public init(logits: Tensor, bias: Parameter? = nil, overwritesLogits: Bool = false) {
    scores = logits
    self.bias = bias
    self.overwritesLogits = overwritesLogits
  }

  /// The summed cross-entropy in nats; a scalar.
  public func lossSum(_ labels: [TokenID]) -> Tensor {
    scores.crossEntropy(
      labels, bias: bias, reduction: .sum, overwritesInput: overwritesLogits)
  }

  /// The summed cross-entropy in nats, and how often the likeliest token is the label.
  public func score(_ labels: [TokenID]) -> (lossSum: Double, correctCount: Int) {
    scores.predictionScore(labels, bias: bias)
  }

  /// The logits `[maskedCount, vocabularySize]`, bias included, copied row by row.
  public var logits: [[Float]] {
    let columns = scores.shape[1]
    let bias = bias?.elements
    let elements = scores.elements
    return (0..<scores.shape[0]).map { row in
      (0..<columns).map { elements[row * columns + $0] + (bias?[$0] ?? 0) }
    }
  }
}

extension ParameterStore {
  /// Lays parameters out and draws their initial values from streams named by `key` and their names.
  ///
  /// Without a key the values are not written: something else must do so before they are read.
  public convenience init(_ declarations: ParameterDeclarations, key: RandomKey?) {
    guard let key else {
      self.init(unwritten: declarations)
      return
    }
    self.init(declarations) { name in key.derived(Array(name.utf8)).word }
  }
}
