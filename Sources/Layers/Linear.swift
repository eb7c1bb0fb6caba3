public import Tensors

/// A linear map, mostly with a bias: `x · Wᵀ + b`.
public struct Linear {
  /// One weight `[outputSize, inputSize]`, or several of one shape that are computed as one.
  public let weights: [Parameter]
  /// One bias `[outputSize]` per weight, or none.
  public let biases: [Parameter]

  /// Declares the parameters `name.weight` and, if wanted, `name.bias`.
  ///
  /// - Parameters:
  ///   - inputSize: The size of a row.
  ///   - outputSize: The size of a row of the result.
  ///   - name: Of the map.
  ///   - deviation: Of the initial weights.
  ///   - cutoff: How many deviations away the farthest initial weight lies; nil for any.
  ///   - hasBias: Whether there is a bias.
  ///   - declarations: Takes the parameters.
  public init(
    _ inputSize: Int, _ outputSize: Int, named name: String, deviation: Float = 0.02,
    cutoff: Float? = nil, hasBias: Bool = true, in declarations: inout ParameterDeclarations
  ) {
    let weight = declarations.parameter(
      name + ".weight", shape: [outputSize, inputSize],
      .normal(deviation: deviation, cutoff: cutoff))
    let names = hasBias ? [name + ".bias"] : []
    self.init(
      weights: [weight],
      biases: names.map {
        declarations.parameter($0, shape: [outputSize], .constant(0), decays: false)
      })
  }

  /// Declares several maps of one input that are computed as one, such as queries, keys and values.
  public init(
    _ inputSize: Int, _ outputSize: Int, fused names: [String], deviation: Float = 0.02,
    in declarations: inout ParameterDeclarations
  ) {
    weights = declarations.group(
      names.map { $0 + ".weight" }, shape: [outputSize, inputSize], .normal(deviation: deviation))
    biases = declarations.group(
      names.map { $0 + ".bias" }, shape: [outputSize], .constant(0), decays: false)
  }

  private init(weights: [Parameter], biases: [Parameter]) {
    self.weights = weights
    self.biases = biases
  }

  /// Some of the maps that were declared as fused.
  public subscript(_ maps: Range<Int>) -> Linear {
    Linear(weights: Array(weights[maps]), biases: Array(biases[maps]))
  }

  /// `[rows, inputSize]` to `[rows, outputSize · maps]`, or to some of these columns.
  public func callAsFunction(_ x: Tensor, outputs: Range<Int>? = nil) -> Tensor {
    x.linear(weights, biases: biases, outputs: outputs)
  }

  /// The map of `x` or of its activation without the bias, for an operation that adds the bias itself.
  public func withoutBias(_ x: Tensor, activation: Tensor.GELU? = nil) -> Tensor {
    x.linear(weights, activation: activation)
  }

  /// What its products read.
  public var precision: Precision { weights[0].precision }

  /// The bias of a map that has one and is not fused with others.
  public var bias: Parameter { biases[0] }
}
