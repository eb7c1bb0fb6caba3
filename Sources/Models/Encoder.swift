internal import Layers
internal import Tensors
internal import Tokens

/// The stack of layers that the architectures here share, of which the last one computes masked
/// tokens only.
struct Encoder {
  private let layers: [EncoderLayer]

  init(
    _ configuration: ModelConfiguration, in declarations: inout ParameterDeclarations,
    names: (_ layer: Int) -> EncoderLayer.Names
  ) {
    let shape = EncoderLayer.Shape(
      configuration.size, epsilon: Float(configuration.epsilon),
      deviation: Float(configuration.initializerRange),
      hiddenDropout: configuration.hiddenDropout,
      attentionDropout: configuration.attentionDropout)
    var layers: [EncoderLayer] = []
    for layer in 0..<configuration.layerCount {
      layers.append(EncoderLayer(shape, named: names(layer), in: &declarations))
    }
    self.layers = layers
  }

  /// `[tokenCount, width]` to the vectors of the masked tokens, `[maskedCount, width]`.
  func callAsFunction(_ x: Tensor, _ batch: MaskedBatch, in context: Context) -> Tensor {
    var x = x
    for layer in layers.dropLast() {
      x = context.recomputed(x) { layer($0, batch, in: $1) }
    }
    return layers.last?.masked(x, batch, in: context) ?? x
  }
}
