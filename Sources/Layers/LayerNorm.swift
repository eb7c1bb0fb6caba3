public import Tensors

/// Layer normalization over the last axis, with a gain and mostly a shift.
public struct LayerNorm {
  /// The gain `[size]`.
  public let weight: Parameter
  /// The shift `[size]`, if there is one.
  public let bias: Parameter?
  private let epsilon: Float

  /// Declares the parameters `name.weight` and, if wanted, `name.bias`.
  public init(
    _ size: Int, named name: String, epsilon: Float = 1e-12, hasBias: Bool = true,
    in declarations: inout ParameterDeclarations
  ) {
    weight = declarations.parameter(
      name + ".weight", shape: [size], .constant(1), decays: false)
    bias =
      hasBias
      ? declarations.parameter(name + ".bias", shape: [size], .constant(0), decays: false) : nil
    self.epsilon = epsilon
  }

  /// `[…, size]` to the same shape.
  ///
  /// - Parameters:
  ///   - x: What is normalized.
  ///   - keepsNoCopy: Whether the way back reads the memory of `x`, which nothing may overwrite then.
  /// - Returns: The normalized rows.
  public func callAsFunction(_ x: Tensor, keepsNoCopy: Bool = false) -> Tensor {
    x.layerNorm(weight, bias, epsilon: epsilon, overwritesInput: keepsNoCopy)
  }

  /// Normalizes `residual + dropout(linear(x))` in one pass, or that of an activation of x.
  public func callAsFunction(
    after linear: Linear, of x: Tensor, activation: Tensor.GELU? = nil, residual: Tensor,
    dropout: Dropout?
  ) -> Tensor {
    linear.withoutBias(x, activation: activation).layerNorm(
      weight, bias, epsilon: epsilon, bias: linear.bias, residual: residual, dropout: dropout,
      overwritesInput: true)
  }
}
