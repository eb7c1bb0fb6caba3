public import Tensors

/// A linear map with a bias: `x · Wᵀ + b`.
public struct Linear {
  /// One weight `[outputSize, inputSize]`, or several of one shape that are computed as one.
  public let weights: [Parameter]
  /// One bias `[outputSize]` per weight.
  public let biases: [Parameter]

  /// Declares the parameters `name.weight` and `name.bias`.
  public init(
    _ inputSize: Int, _ outputSize: Int, named name: String, deviation: Float = 0.02,
    in declarations: inout ParameterDeclarations
  ) {
    self.init(inputSize, outputSize, fused: [name], deviation: deviation, in: &declarations)
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

  /// `[rows, inputSize]` to `[rows, outputSize · maps]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weights, biases: biases) }

  /// The map without its bias, for an operation that adds the bias itself.
  public func withoutBias(_ x: Tensor) -> Tensor { x.linear(weights) }

  /// The bias of a map that is not fused with others.
  public var bias: Parameter { biases[0] }
}
