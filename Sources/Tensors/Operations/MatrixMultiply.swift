internal import Kernels

extension Tensor {
  /// The matrix product over the last two axes; axes before them are equal in both operands.
  ///
  /// Source: `torch.matmul` without broadcasting.
  ///
  /// - Parameter other: `[…, inner, columns]`.
  /// - Returns: `[…, rows, columns]`.
  /// - Precondition: `self` is `[…, rows, inner]` with the same leading axes.
  public func matmul(_ other: Tensor) -> Tensor {
    let axes = shape.count
    precondition(
      axes >= 2 && other.shape.count == axes && shape.dropLast(2) == other.shape.dropLast(2)
        && shape[axes - 1] == other.shape[axes - 2],
      "matmul: \(shape) and \(other.shape)")
    let (rows, inner, columns) = (shape[axes - 2], shape[axes - 1], other.shape[axes - 1])
    let batches = shape.dropLast(2).reduce(1, *)
    let (a, b) = (self, other)
    let y = Storage(count: batches * rows * columns)
    for i in 0..<batches {
      MatrixProduct.multiply(
        into: y.pointer + i * rows * columns, stride: columns,
        MatrixOperand(a.pointer + i * rows * inner, stride: inner),
        MatrixOperand(b.pointer + i * inner * columns, stride: columns), rows: rows,
        columns: columns, inner: inner)
    }
    return Tensor(y, shape: shape.dropLast() + [columns], from: [a, b]) { dy in
      let da = a.requiresGradient ? a.gradientTarget() : nil
      let db = b.requiresGradient ? b.gradientTarget() : nil
      for i in 0..<batches {
        let slope = dy.pointer + i * rows * columns
        if let da {
          MatrixProduct.multiply(
            into: da.pointer + i * rows * inner, stride: inner,
            MatrixOperand(slope, stride: columns),
            MatrixOperand(b.pointer + i * inner * columns, stride: columns, transposed: true),
            rows: rows, columns: inner, inner: columns, accumulates: da.accumulates)
        }
        if let db {
          MatrixProduct.multiply(
            into: db.pointer + i * inner * columns, stride: columns,
            MatrixOperand(a.pointer + i * rows * inner, stride: inner, transposed: true),
            MatrixOperand(slope, stride: columns), rows: inner, columns: columns, inner: rows,
            accumulates: db.accumulates)
        }
      }
    }
  }
}
