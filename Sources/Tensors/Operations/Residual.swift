internal import Kernels

extension Tensor {
  /// `residual + dropout(self)`, stored in the memory of `self`, which nothing else may read then.
  ///
  /// - Parameters:
  ///   - residual: The same shape.
  ///   - dropout: Nil for none.
  /// - Returns: The same shape.
  public func added(to residual: Tensor, dropout: Dropout? = nil) -> Tensor {
    precondition(shape == residual.shape, "added: \(shape) to \(residual.shape)")
    let x = self
    let stream = dropout?.stream
    if let stream { DropoutKernel.apply(pointer, pointer, count: count, stream) }
    ElementwiseKernel.add(pointer, pointer, residual.pointer, count: count)
    return Tensor(storage, shape: shape, from: [x, residual]) { dy in
      x.receiveGradient {
        if let stream {
          DropoutKernel.apply($0, dy.pointer, count: dy.count, stream)
        } else {
          $0.update(from: dy.pointer, count: dy.count)
        }
      }
      residual.adoptGradient(dy)
    }
  }
}
