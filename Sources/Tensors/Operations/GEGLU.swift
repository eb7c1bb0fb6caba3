internal import Kernels

extension Tensor {
  /// gelu(a) · b, where the first half of every row is a and the second b.
  ///
  /// Source: Shazeer 2020, GEGLU; `a, b = x.chunk(2, -1); torch.nn.functional.gelu(a) * b`.
  ///
  /// - Returns: `[rows, columns]`.
  /// - Precondition: `self` is `[rows, 2 · columns]`.
  public func gatedGELU() -> Tensor {
    precondition(
      shape.count == 2 && shape[1] % 2 == 0, "gatedGELU: \(shape) does not have two halves")
    let (rows, columns) = (shape[0], shape[1] / 2)
    let x = self
    let y = Storage(count: rows * columns)
    GEGLUKernel.forward(y.pointer, pointer, rows: rows, columns: columns)
    return Tensor(y, shape: [rows, columns], from: [x]) { dy in
      x.receiveGradient {
        GEGLUKernel.backward($0, dy.pointer, x.pointer, rows: rows, columns: columns)
      }
    }
  }
}
