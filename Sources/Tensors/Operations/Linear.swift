internal import Kernels

extension Tensor {
  /// The linear map `x · Wᵀ + b` of rows.
  ///
  /// Several weights that lie one behind the other in the store count as one with more outputs.
  /// Source: `torch.nn.functional.linear`.
  ///
  /// - Parameters:
  ///   - weights: Each `[outputSize, inputSize]`, adjacent in one group; more axes of inputs than one
  ///     count as one.
  ///   - biases: Each `[outputSize]`, adjacent in one group; empty for none.
  ///   - outputs: Which outputs of all are computed; nil for all.
  /// - Returns: `[rows, outputs.count]`.
  /// - Precondition: `self` is `[rows, inputSize]`.
  public func linear(
    _ weights: [Parameter], biases: [Parameter] = [], outputs: Range<Int>? = nil
  ) -> Tensor {
    precondition(
      shape.count == 2 && weights.allSatisfy { $0.count == $0.shape[0] * shape[1] },
      "linear: input \(shape), weights \(weights.map(\.shape))")
    let map = LinearMap(weights: weights, biases: biases, outputs: outputs)
    let rows = shape[0]
    let x = self
    let y = product(map, rounds: weights[0].precision == .bfloat16)
    if let bias = map.bias {
      RowKernel.addBias(y.storage.pointer, bias, rows: rows, columns: map.outputs.count)
    }
    return Tensor(
      y.storage, shape: [rows, map.outputs.count], from: [x] + (weights + biases).map(\.tensor)
    ) { dy in
      if let target = map.clearedBiasGradient() {
        let columns = map.outputs.count
        let scratch = Storage(
          count: PartialSums.scratchCount(rows: rows, columns: columns, sums: 1))
        RowKernel.addColumnSums(
          to: target, dy.pointer, scratch: scratch.pointer, rows: rows, columns: columns)
        extendLifetime(scratch)
      }
      y.backward(dy)
    }
  }

  /// A product and the way back from it.
  private typealias Product = (storage: Storage, backward: (_ dy: Storage) -> Void)

  private func product(_ map: LinearMap, rounds: Bool) -> Product {
    let (rows, inner, outputs) = (shape[0], shape[1], map.outputs.count)
    let x = self
    let y = Storage(count: rows * outputs)
    MatrixProduct.multiply(
      into: y.pointer, stride: outputs, MatrixOperand(pointer, stride: inner),
      MatrixOperand(map.values, stride: inner, transposed: true), rows: rows,
      columns: outputs, inner: inner, rounds: rounds)
    return (
      y,
      { dy in
        let target = map.gradientTarget()
        MatrixProduct.multiply(
          into: target.pointer, stride: inner,
          MatrixOperand(dy.pointer, stride: outputs, transposed: true),
          MatrixOperand(x.pointer, stride: inner), rows: outputs, columns: inner, inner: rows,
          accumulates: target.accumulates, rounds: rounds)
        guard x.requiresGradient else { return }
        let dx = x.gradientTarget()
        let slope = MatrixOperand(dy.pointer, stride: outputs)
        let weight = MatrixOperand(map.values, stride: inner)
        guard LongProduct.fits(rows: rows, columns: inner, inner: outputs) else {
          return MatrixProduct.multiply(
            into: dx.pointer, stride: inner, slope, weight, rows: rows, columns: inner,
            inner: outputs, accumulates: dx.accumulates, rounds: rounds)
        }
        let scratch = Storage(
          count: LongProduct.scratchCount(rows: rows, columns: inner, inner: outputs))
        LongProduct.multiply(
          into: dx.pointer, slope, weight, rows: rows, columns: inner, inner: outputs,
          accumulates: dx.accumulates, rounds: rounds, scratch: scratch.pointer)
        extendLifetime(scratch)
      }
    )
  }
}
