internal import Kernels

extension Tensor {
  /// GELU in its exact form, of `self + bias`.
  ///
  /// Source: `torch.nn.functional.gelu(approximate="none")`.
  ///
  /// - Parameter bias: `[columns]`, added to every row first; nil for none.
  /// - Returns: The same shape.
  public func gelu(bias: Parameter? = nil) -> Tensor {
    let columns = bias?.count ?? (shape.last ?? 1)
    precondition(shape.last ?? 1 == columns, "gelu: input \(shape), bias [\(columns)]")
    let rows = count / max(columns, 1)
    let x = self
    let y = Storage(count: count)
    GELUKernel.forward(y.pointer, pointer, bias: bias?.values, rows: rows, columns: columns)
    return Tensor(y, shape: shape, from: [x] + (bias.map { [$0.tensor] } ?? [])) { dy in
      let scratch = Storage(
        count: bias == nil
          ? 0 : PartialSums.scratchCount(rows: rows, columns: columns, sums: 1))
      let dbias = bias?.clearedGradient()
      func compute(_ dx: UnsafeMutablePointer<Float>) {
        GELUKernel.backward(
          dx, dy.pointer, x.pointer, bias: bias?.values, dbias: dbias, scratch: scratch.pointer,
          rows: rows, columns: columns)
      }
      if x.requiresGradient { x.receiveGradient(compute) } else { compute(dy.pointer) }
      extendLifetime(scratch)
    }
  }
}
