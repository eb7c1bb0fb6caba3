internal import Layers
internal import Tensors

/// The head of the BERT family: dense, GELU, normalization, then the tied embeddings and a bias.
///
/// Where embeddings are smaller than hidden states, the dense map leads to their size.
///
/// Source: Devlin et al. 2019, appendix; `BertLMPredictionHead`.
struct MaskedLanguageHead {
  private let dense: Linear
  private let norm: LayerNorm
  private let embeddings: Embedding
  private let bias: Parameter
  private let activation: Tensor.GELUForm

  init(
    _ configuration: ModelConfiguration, activation: Tensor.GELUForm,
    tiedTo embeddings: Embedding, dense: String, norm: String, bias: String,
    in declarations: inout ParameterDeclarations
  ) {
    let width = configuration.embeddingSize
    self.activation = activation
    self.dense = Linear(
      configuration.width, width, named: dense,
      deviation: Float(configuration.initializerRange), in: &declarations)
    self.norm = LayerNorm(
      width, named: norm, epsilon: Float(configuration.epsilon), in: &declarations)
    self.embeddings = embeddings
    self.bias = declarations.parameter(
      bias, shape: [configuration.vocabularySize], .constant(0), decays: false)
  }

  /// `[maskedCount, width]` to predictions.
  func callAsFunction(_ x: Tensor) -> MaskedPredictions {
    let activated = dense.withoutBias(x).gelu(bias: dense.bias, form: activation)
    let hidden = norm(activated, keepsNoCopy: true)
    return MaskedPredictions(hidden: hidden, decoder: embeddings.weight, bias: bias)
  }
}
