internal import Kernels

extension Tensor {
  /// The linear map `x · Wᵀ + b` of rows, x being `self` or its activation.
  ///
  /// Several weights that lie one behind the other in the store count as one with more outputs.
  /// The activation is not kept: the backward pass gets it from the computation of its slope.
  /// Source: `torch.nn.functional.linear`.
  ///
  /// - Parameters:
  ///   - weights: Each `[outputSize, inputSize]`, adjacent in one group; more axes of inputs than one
  ///     count as one.
  ///   - biases: Each `[outputSize]`, adjacent in one group; empty for none.
  ///   - outputs: Which outputs of all are computed; nil for all.
  ///   - activation: Applied to `self` first; nil for none.
  /// - Returns: `[rows, outputs.count]`.
  /// - Precondition: `self` is `[rows, inputSize]`.
  public func linear(
    _ weights: [Parameter], biases: [Parameter] = [], outputs: Range<Int>? = nil,
    activation: GELU? = nil
  ) -> Tensor {
    precondition(
      shape.count == 2 && weights.allSatisfy { $0.count == $0.shape[0] * shape[1] },
      "linear: input \(shape), weights \(weights.map(\.shape))")
    let map = LinearMap(weights: weights, biases: biases, outputs: outputs)
    let products = LinearProducts(
      map: map, rows: shape[0], inner: shape[1], rounds: weights[0].precision == .bfloat16)
    let (x, rows, columns) = (self, shape[0], map.outputs.count)
    let read = activation.map { $0.applied(to: x) } ?? storage
    let y = products.forward(read)
    if let bias = map.bias { RowKernel.addBias(y.pointer, bias, rows: rows, columns: columns) }
    let parameters = weights + biases + [activation?.bias].compactMap { $0 }
    return Tensor(y, shape: [rows, columns], from: [x] + parameters.map(\.tensor)) { dy in
      if let target = map.clearedBiasGradient() {
        let scratch = Storage(
          count: PartialSums.scratchCount(rows: rows, columns: columns, sums: 1))
        RowKernel.addColumnSums(
          to: target, dy.pointer, scratch: scratch.pointer, rows: rows, columns: columns)
        extendLifetime(scratch)
      }
      guard let activation else {
        products.weightGradient(dy, x.storage)
        if x.requiresGradient { products.inputGradient(dy, into: x.gradientTarget()) }
        return
      }
      let slopes = Storage(count: x.count)
      products.inputGradient(
        dy, into: GradientTarget(pointer: slopes.pointer, accumulates: false))
      products.weightGradient(dy, activation.passedBack(slopes, of: x))
      x.adoptGradient(slopes)
    }
  }
}

/// The products of a linear map of rows.
private struct LinearProducts {
  let map: LinearMap
  let rows: Int
  /// The size of a row.
  let inner: Int
  /// Whether factors are rounded to bfloat16.
  let rounds: Bool

  private var outputs: Int { map.outputs.count }

  /// x · Wᵀ.
  func forward(_ x: Storage) -> Storage {
    let y = Storage(count: rows * outputs)
    MatrixProduct.multiply(
      into: y.pointer, stride: outputs, MatrixOperand(x.pointer, stride: inner),
      MatrixOperand(map.values, stride: inner, transposed: true), rows: rows,
      columns: outputs, inner: inner, rounds: rounds)
    extendLifetime(x)
    return y
  }

  /// dyᵀ · x, into the weights' gradients.
  func weightGradient(_ dy: Storage, _ x: Storage) {
    let target = map.gradientTarget()
    MatrixProduct.multiply(
      into: target.pointer, stride: inner,
      MatrixOperand(dy.pointer, stride: outputs, transposed: true),
      MatrixOperand(x.pointer, stride: inner), rows: outputs, columns: inner, inner: rows,
      accumulates: target.accumulates, rounds: rounds)
    extendLifetime(x)
  }

  /// dy · W.
  func inputGradient(_ dy: Storage, into dx: GradientTarget) {
    MatrixProduct.multiply(
      into: dx.pointer, stride: inner, MatrixOperand(dy.pointer, stride: outputs),
      MatrixOperand(map.values, stride: inner), rows: rows, columns: inner, inner: outputs,
      accumulates: dx.accumulates, rounds: rounds)
  }
}
