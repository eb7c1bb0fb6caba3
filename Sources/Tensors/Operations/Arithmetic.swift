internal import Kernels

extension Tensor {
  /// The sum, element by element.
  ///
  /// - Precondition: The shapes are equal.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "+: \(a.shape) and \(b.shape)")
    let y = Storage(count: a.count)
    ElementwiseKernel.add(y.pointer, a.pointer, b.pointer, count: a.count)
    return Tensor(y, shape: a.shape, from: [a, b]) { dy in
      for input in [a, b] {
        input.receiveGradient { $0.update(from: dy.pointer, count: dy.count) }
      }
    }
  }

  /// The product, element by element.
  ///
  /// - Precondition: The shapes are equal.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "*: \(a.shape) and \(b.shape)")
    let y = Storage(count: a.count)
    ElementwiseKernel.multiply(y.pointer, a.pointer, b.pointer, count: a.count)
    return Tensor(y, shape: a.shape, from: [a, b]) { dy in
      a.receiveGradient {
        ElementwiseKernel.multiply($0, dy.pointer, b.pointer, count: dy.count)
      }
      b.receiveGradient {
        ElementwiseKernel.multiply($0, dy.pointer, a.pointer, count: dy.count)
      }
    }
  }

  /// Every element times `factor`.
  public static func * (a: Tensor, factor: Float) -> Tensor {
    let y = Storage(count: a.count)
    ElementwiseKernel.scale(y.pointer, a.pointer, by: factor, count: a.count)
    return Tensor(y, shape: a.shape, from: [a]) { dy in
      a.receiveGradient {
        ElementwiseKernel.scale($0, dy.pointer, by: factor, count: dy.count)
      }
    }
  }

  /// max(x, 0), element by element.
  public func relu() -> Tensor {
    let x = self
    let y = Storage(count: count)
    ElementwiseKernel.reluForward(y.pointer, pointer, count: count)
    return Tensor(y, shape: shape, from: [x]) { dy in
      x.receiveGradient {
        ElementwiseKernel.reluBackward($0, dy.pointer, x.pointer, count: dy.count)
      }
    }
  }

  /// tanh x, element by element.
  public func tanh() -> Tensor {
    let x = self
    let y = Storage(count: count)
    ElementwiseKernel.tanhForward(y.pointer, pointer, count: count)
    return Tensor(y, shape: shape, from: [x]) { dy in
      x.receiveGradient {
        ElementwiseKernel.tanhBackward($0, dy.pointer, y.pointer, count: dy.count)
      }
    }
  }

  /// Softmax over the last axis.
  public func softmax() -> Tensor {
    let columns = shape.last ?? 1
    let rows = count / max(columns, 1)
    let x = self
    let y = Storage(count: count)
    SoftmaxKernel.forward(y.pointer, pointer, rows: rows, columns: columns)
    return Tensor(y, shape: shape, from: [x]) { dy in
      x.receiveGradient {
        SoftmaxKernel.backward($0, dy.pointer, y.pointer, rows: rows, columns: columns)
      }
    }
  }

  /// The sum of all elements, a scalar.
  public func sum() -> Tensor { reduced(factor: 1) }

  /// The mean of all elements, a scalar; 0 if there are none.
  public func mean() -> Tensor { reduced(factor: 1 / Float(max(count, 1))) }

  private func reduced(factor: Float) -> Tensor {
    let x = self
    let y = Storage(count: 1)
    y.pointer[0] = Float(ElementwiseKernel.sum(pointer, count: count)) * factor
    return Tensor(y, shape: [], from: [x]) { dy in
      x.receiveGradient { $0.update(repeating: dy.pointer[0] * factor, count: x.count) }
    }
  }
}
