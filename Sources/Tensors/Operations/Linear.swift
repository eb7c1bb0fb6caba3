internal import Kernels

extension Tensor {
  /// The linear map `x · Wᵀ + b` of rows.
  ///
  /// Several weights that lie one behind the other in the store count as one with more outputs.
  /// Source: `torch.nn.functional.linear`.
  ///
  /// - Parameters:
  ///   - weights: Each `[outputSize, inputSize]`, adjacent in one group.
  ///   - biases: Each `[outputSize]`, adjacent in one group; empty for none.
  /// - Returns: `[rows, outputSize · weights.count]`.
  /// - Precondition: `self` is `[rows, inputSize]`.
  public func linear(_ weights: [Parameter], biases: [Parameter] = []) -> Tensor {
    precondition(
      shape.count == 2 && weights.allSatisfy { $0.shape.count == 2 && $0.shape[1] == shape[1] },
      "linear: input \(shape), weights \(weights.map(\.shape))")
    precondition(Self.areAdjacent(weights) && Self.areAdjacent(biases), "linear: gaps in a group")
    let rows = shape[0]
    let outputs = weights.reduce(0) { $0 + $1.shape[0] }
    precondition(
      biases.isEmpty || biases.reduce(0) { $0 + $1.count } == outputs,
      "linear: \(outputs) outputs, biases \(biases.map(\.shape))")
    let x = self
    let y =
      weights[0].store?.precision == .bfloat16
      ? roundedLinear(weights, outputs: outputs)
      : exactLinear(weights, outputs: outputs)
    if let bias = biases.first {
      RowKernel.addBias(y.storage.pointer, bias.values, rows: rows, columns: outputs)
    }
    return Tensor(
      y.storage, shape: [rows, outputs], from: [x] + (weights + biases).map(\.tensor)
    ) { dy in
      if !biases.isEmpty {
        let scratch = Storage(
          count: PartialSums.scratchCount(rows: rows, columns: outputs, sums: 1))
        RowKernel.addColumnSums(
          to: Self.clearedGradient(of: biases), dy.pointer, scratch: scratch.pointer, rows: rows,
          columns: outputs)
        extendLifetime(scratch)
      }
      y.backward(dy)
    }
  }

  /// A product and the way back from it.
  private typealias Product = (storage: Storage, backward: (_ dy: Storage) -> Void)

  private func exactLinear(_ weights: [Parameter], outputs: Int) -> Product {
    let (rows, inner) = (shape[0], shape[1])
    let x = self
    let y = Storage(count: rows * outputs)
    MatrixProduct.multiply(
      into: y.pointer, stride: outputs, MatrixOperand(pointer, stride: inner),
      MatrixOperand(weights[0].values, stride: inner, transposed: true), rows: rows,
      columns: outputs, inner: inner)
    return (
      y,
      { dy in
        let target = Self.gradientTarget(of: weights)
        MatrixProduct.multiply(
          into: target.pointer, stride: inner,
          MatrixOperand(dy.pointer, stride: outputs, transposed: true),
          MatrixOperand(x.pointer, stride: inner), rows: outputs, columns: inner, inner: rows,
          accumulates: target.accumulates)
        guard x.requiresGradient else { return }
        let dx = x.gradientTarget()
        let slope = MatrixOperand(dy.pointer, stride: outputs)
        let weight = MatrixOperand(weights[0].values, stride: inner)
        guard LongProduct.fits(rows: rows, columns: inner, inner: outputs) else {
          return MatrixProduct.multiply(
            into: dx.pointer, stride: inner, slope, weight, rows: rows, columns: inner,
            inner: outputs, accumulates: dx.accumulates)
        }
        let scratch = Storage(
          count: LongProduct.scratchCount(rows: rows, columns: inner, inner: outputs))
        LongProduct.multiply(
          into: dx.pointer, slope, weight, rows: rows, columns: inner, inner: outputs,
          accumulates: dx.accumulates, scratch: scratch.pointer)
        extendLifetime(scratch)
      }
    )
  }

  private func roundedLinear(_ weights: [Parameter], outputs: Int) -> Product {
    guard let store = weights[0].store else { preconditionFailure("\(weights[0].name): no store") }
    let (rows, inner) = (shape[0], shape[1])
    let padded = BFloat16.paddedRows(rows)
    let x = self
    func rounded(_ from: UnsafePointer<Float>, columns: Int) -> Storage {
      let storage = Storage(roundedRows: rows, columns: columns)
      BFloat16.convert(storage.rounded, from, rows: rows, columns: columns)
      return storage
    }
    let y = Storage(count: rows * outputs, capacity: padded * outputs)
    let roundedX = rounded(pointer, columns: inner)
    BFloat16Product.multiply(
      into: y.pointer, stride: outputs, BFloat16Operand(roundedX.rounded, stride: inner),
      BFloat16Operand(store.rounded(weights), stride: inner, transposed: true), rows: padded,
      columns: outputs, inner: inner)
    extendLifetime(roundedX)
    return (
      y,
      { dy in
        let turned = Storage(roundedRows: rows, columns: outputs)
        BFloat16.convertTransposed(turned.rounded, dy.pointer, rows: rows, columns: outputs)
        let roundedX = rounded(x.pointer, columns: inner)
        let target = Self.gradientTarget(of: weights)
        BFloat16Product.multiply(
          into: target.pointer, stride: inner, BFloat16Operand(turned.rounded, stride: padded),
          BFloat16Operand(roundedX.rounded, stride: inner), rows: outputs, columns: inner,
          inner: padded, accumulates: target.accumulates)
        extendLifetime([turned, roundedX])
        guard x.requiresGradient else { return }
        let slope = rounded(dy.pointer, columns: outputs)
        // A gradient that is there already has no room for padding.
        let dx = x.gradientTarget(capacity: padded * inner)
        BFloat16Product.multiply(
          into: dx.pointer, stride: inner, BFloat16Operand(slope.rounded, stride: outputs),
          BFloat16Operand(store.rounded(weights), stride: inner),
          rows: dx.accumulates ? rows : padded, columns: inner, inner: outputs,
          accumulates: dx.accumulates)
        extendLifetime(slope)
      }
    )
  }

  private static func areAdjacent(_ parameters: [Parameter]) -> Bool {
    zip(parameters, parameters.dropFirst()).allSatisfy { $0.offset + $0.count == $1.offset }
  }

  /// One target for adjacent parameters; clears those that are new if others are not.
  private static func gradientTarget(of parameters: [Parameter]) -> GradientTarget {
    let targets = parameters.map { $0.gradientTarget() }
    if targets.allSatisfy({ !$0.accumulates }) { return targets[0] }
    for (parameter, target) in zip(parameters, targets) where !target.accumulates {
      target.pointer.update(repeating: 0, count: parameter.count)
    }
    return GradientTarget(pointer: targets[0].pointer, accumulates: true)
  }

  private static func clearedGradient(of parameters: [Parameter]) -> UnsafeMutablePointer<Float> {
    let pointers = parameters.map { $0.clearedGradient() }
    return pointers[0]
  }
}
