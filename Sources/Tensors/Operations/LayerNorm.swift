internal import CKernels
internal import Kernels

extension Tensor {
  /// Layer normalization of `residual + dropout(self + bias)` over the last axis.
  ///
  /// Source: Ba et al. 2016; `torch.nn.functional.layer_norm`.
  ///
  /// - Parameters:
  ///   - gamma: `[columns]`.
  ///   - beta: `[columns]`; nil for none.
  ///   - epsilon: Added to the variance.
  ///   - bias: `[columns]`, added to every row first; nil for none.
  ///   - residual: The same shape as `self`, added after dropout; nil for none.
  ///   - dropout: Nil for none.
  ///   - overwritesInput: Whether the sum may be stored in the memory of `self`, which nothing else
  ///     may read then. Where nothing is added, it is what lies there already.
  /// - Returns: The same shape.
  public func layerNorm(
    _ gamma: Parameter, _ beta: Parameter?, epsilon: Float, bias: Parameter? = nil,
    residual: Tensor? = nil, dropout: Dropout? = nil, overwritesInput: Bool = false
  ) -> Tensor {
    let columns = gamma.count
    precondition(
      shape.last == columns && beta?.count ?? columns == columns
        && bias?.count ?? columns == columns,
      "layerNorm: input \(shape), gamma \(gamma.shape), beta \(beta?.shape ?? [])")
    precondition(
      residual == nil || residual?.shape == shape,
      "layerNorm: input \(shape), residual \(residual?.shape ?? [])")
    let rows = count / columns
    let settings = LayerNormKernel.Shape(
      rows: rows, columns: columns, epsilon: epsilon, dropout: dropout?.stream ?? .none)
    let x = self
    let y = Storage(count: count)
    let sum = overwritesInput ? storage : Storage(count: count)
    let statistics = Storage(count: 2 * rows)
    LayerNormKernel.forward(
      y.pointer, sum: sum.pointer, mean: statistics.pointer, rstd: statistics.pointer + rows,
      pointer, bias: bias?.values, residual: residual?.pointer, gamma: gamma.values,
      beta: beta?.values, settings)
    func normalizedSum() -> Storage {
      let y = Storage(count: rows * columns)
      LayerNormKernel.forward(
        y.pointer, sum: sum.pointer, mean: statistics.pointer, rstd: statistics.pointer + rows,
        sum.pointer, gamma: gamma.values, beta: beta?.values, settings.withoutDropout)
      return y
    }
    let inputs = [x, residual].compactMap { $0 }
    let parameters = [gamma, beta, bias].compactMap { $0?.tensor }
    return Tensor(y, shape: shape, from: inputs + parameters, recompute: normalizedSum) { dy in
      let scratch = Storage(count: PartialSums.scratchCount(rows: rows, columns: columns, sums: 3))
      let wantsX = x.requiresGradient || bias != nil
      let dsum = Storage(count: rows * columns)
      let dx = wantsX && (residual != nil || dropout != nil) ? Storage(count: rows * columns) : nil
      LayerNormKernel.backward(
        dsum: dsum.pointer, dx: wantsX ? (dx ?? dsum).pointer : nil,
        dgamma: gamma.clearedGradient(), dbeta: beta?.clearedGradient(),
        dbias: bias?.clearedGradient(), dy.pointer, sum: sum.pointer, mean: statistics.pointer,
        rstd: statistics.pointer + rows, gamma: gamma.values, scratch: scratch.pointer, settings)
      extendLifetime(scratch)
      residual?.adoptGradient(dsum)
      x.adoptGradient(dx ?? dsum)
    }
  }
}
