public import Tensors

/// A table of vectors.
public struct Embedding {
  /// The table `[rows, width]`.
  public let weight: Parameter

  /// Declares the parameter `name.weight`; `paddingRow` begins as zeros.
  public init(
    _ rows: Int, _ width: Int, named name: String, deviation: Float = 0.02,
    paddingRow: Int? = nil, cutoff: Float? = nil, in declarations: inout ParameterDeclarations
  ) {
    weight = declarations.parameter(
      name + ".weight", shape: [rows, width],
      .normal(deviation: deviation, zeroRow: paddingRow, cutoff: cutoff))
  }

  /// The vectors of `ids`, `[ids.count, width]`.
  public func callAsFunction(_ ids: [Int32]) -> Tensor { .embedding([(weight, ids)]) }
}
