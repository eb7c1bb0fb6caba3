internal import Kernels

extension Tensor {
  /// How GELU computes the normal distribution.
  public enum GELUForm: Sendable {
    /// By the error function.
    case exact
    /// As (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
    case tanh
  }

  /// GELU of `self + bias`.
  ///
  /// Source: `torch.nn.functional.gelu`, `approximate="none"` or `"tanh"`.
  ///
  /// - Parameters:
  ///   - bias: `[columns]`, added to every row first; nil for none.
  ///   - form: How the normal distribution is computed.
  /// - Returns: The same shape.
  public func gelu(bias: Parameter? = nil, form: GELUForm = .exact) -> Tensor {
    let form = form == .exact ? GELUKernel.Form.exact : .tanh
    let columns = bias?.count ?? (shape.last ?? 1)
    precondition(shape.last ?? 1 == columns, "gelu: input \(shape), bias [\(columns)]")
    let rows = count / max(columns, 1)
    let x = self
    let y = Storage(count: count)
    GELUKernel.forward(
      y.pointer, pointer, bias: bias?.values, form: form, rows: rows, columns: columns)
    return Tensor(y, shape: shape, from: [x] + (bias.map { [$0.tensor] } ?? [])) { dy in
      let scratch = Storage(
        count: bias == nil
          ? 0 : PartialSums.scratchCount(rows: rows, columns: columns, sums: 1))
      let dbias = bias?.clearedGradient()
      func compute(_ dx: UnsafeMutablePointer<Float>) {
        GELUKernel.backward(
          dx, dy.pointer, x.pointer, bias: bias?.values, form: form, dbias: dbias,
          scratch: scratch.pointer, rows: rows, columns: columns)
      }
      if x.requiresGradient { x.receiveGradient(compute) } else { compute(dy.pointer) }
      extendLifetime(scratch)
    }
  }
}
