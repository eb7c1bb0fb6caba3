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

/// What a model says about the masked tokens.
public struct MaskedPredictions {
  /// What the last matrix product of the model is left to.
  private enum Scores {
    case logits(Tensor)
    case decoding(Tensor, Parameter)
  }

  private let scores: Scores
  private let bias: Parameter?

  /// Logits `[maskedCount, vocabularySize]`, to which `bias` `[vocabularySize]` is still to be added.
  public init(logits: Tensor, bias: Parameter? = nil) {
    scores = .logits(logits)
    self.bias = bias
  }

  /// Hidden states `[maskedCount, width]` whose products with `decoder` `[vocabularySize, width]`,
  /// plus `bias` `[vocabularySize]`, are the logits.
  public init(hidden: Tensor, decoder: Parameter, bias: Parameter? = nil) {
    scores = .decoding(hidden, decoder)
    self.bias = bias
  }

  /// The summed cross-entropy in nats; a scalar.
  public func lossSum(_ labels: [TokenID]) -> Tensor {
    switch scores {
    case .logits(let logits): logits.crossEntropy(labels, bias: bias, reduction: .sum)
    case .decoding(let hidden, let decoder):
      // The gradient takes the logits' place.
      hidden.linear([decoder]).crossEntropy(
        labels, bias: bias, reduction: .sum, overwritesInput: true)
    }
  }

  /// The summed cross-entropy in nats, and how often the likeliest token is the label.
  public func score(_ labels: [TokenID]) -> (lossSum: Double, correctCount: Int) {
    switch scores {
    case .logits(let logits): logits.predictionScore(labels, bias: bias)
    case .decoding(let hidden, let decoder):
      withoutGradients { hidden.linear([decoder]).predictionScore(labels, bias: bias) }
    }
  }

  /// The logits `[maskedCount, vocabularySize]`, bias included, copied row by row.
  public var logits: [[Float]] {
    let scores =
      switch scores {
      case .logits(let logits): logits
      case .decoding(let hidden, let decoder): withoutGradients { hidden.linear([decoder]) }
      }
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
