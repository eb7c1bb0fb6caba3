public import Tensors

/// Layer normalization over the last axis, with a gain and a shift.
public struct LayerNorm {
  /// The gain `[size]`.
  public let weight: Parameter
  /// The shift `[size]`.
  public let bias: Parameter
  private let epsilon: Float

  /// Declares the parameters `name.weight` and `name.bias`.
  public init(
    _ size: Int, named name: String, epsilon: Float = 1e-12,
    in declarations: inout ParameterDeclarations
  ) {
    weight = declarations.parameter(
      name + ".weight", shape: [size], .constant(1), decays: false)
    bias = declarations.parameter(name + ".bias", shape: [size], .constant(0), decays: false)
    self.epsilon = epsilon
  }

  /// `[…, size]` to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNorm(weight, bias, epsilon: epsilon)
  }

  /// Normalizes `residual + dropout(linear(x))` in one pass.
  public func callAsFunction(
    after linear: Linear, of x: Tensor, residual: Tensor, dropout: Dropout?
  ) -> Tensor {
    linear.withoutBias(x).layerNorm(
      weight, bias, epsilon: epsilon, bias: linear.bias, residual: residual, dropout: dropout,
      overwritesInput: true)
  }
}
