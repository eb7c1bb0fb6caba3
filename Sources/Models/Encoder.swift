internal import Layers
internal import Tensors
internal import Tokens

/// The stack of layers that the architectures here share, of which the last one computes masked
/// tokens only.
struct Encoder {
  private let layers: [EncoderLayer]

  /// Declares the layers.
  ///
  /// - Parameters:
  ///   - configuration: The sizes, and in which order layers are passed through.
  ///   - positions: What all layers add to their scores; nil for nothing.
  ///   - outputDropout: After feed-forward networks; nil for the configuration's.
  ///   - declarations: Takes the parameters.
  ///   - names: Of a layer's parts.
  init(
    _ configuration: ModelConfiguration, positions: RelativePositions? = nil,
    outputDropout: Double? = nil, in declarations: inout ParameterDeclarations,
    names: (_ layer: Int) -> EncoderLayer.Names
  ) {
    let shape = EncoderLayer.Shape(
      configuration.size, epsilon: Float(configuration.epsilon),
      deviation: Float(configuration.initializerRange),
      hiddenDropout: configuration.hiddenDropout,
      attentionDropout: configuration.attentionDropout, outputDropout: outputDropout,
      activation: configuration.activation)
    var layers: [EncoderLayer] = []
    for layer in 0..<configuration.ownLayerCount {
      layers.append(
        EncoderLayer(shape, named: names(layer), positions: positions, in: &declarations))
    }
    self.layers = configuration.layerOrder.map { layers[$0] }
  }

  /// `[tokenCount, width]` to the vectors of the masked tokens, `[maskedCount, width]`.
  func callAsFunction(_ x: Tensor, _ batch: MaskedBatch, in context: Context) -> Tensor {
    var x = x
    for layer in layers.dropLast() {
      let y = context.recomputed(x) { layer($0, batch, in: $1) }
      x.dropElements()
      x = y
    }
    guard let last = layers.last else { return x }
    defer { x.dropElements() }
    return last.masked(x, batch, in: context)
  }
}
