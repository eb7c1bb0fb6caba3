internal import Kernels

extension Tensor {
  /// Each row with its neighbours in the same sequence: column c · size + t is column c of the row
  /// t - size / 2 further, or 0 beyond an end of the sequence.
  ///
  /// A linear map of it is a convolution: `torch.nn.functional.conv1d` with padding `size / 2`, whose
  /// weight `[outputs, columns, size]` has the same order.
  ///
  /// - Parameters:
  ///   - size: How many rows count as neighbours, the row itself included; odd.
  ///   - offsets: Where sequences begin, and at last the number of rows.
  /// - Returns: `[rows, columns · size]`.
  /// - Precondition: `self` is a matrix, and `size` is odd.
  public func neighbours(_ size: Int, offsets: [Int32]) -> Tensor {
    precondition(
      shape.count == 2 && size > 0 && size % 2 == 1 && Int(offsets.last ?? -1) == shape[0]
        && offsets.first == 0,
      "neighbours: \(size) of \(shape), offsets end at \(offsets.last ?? -1)")
    let (rows, columns) = (shape[0], shape[1])
    let x = self
    let y = Storage(count: rows * columns * size)
    NeighboursKernel.forward(y.pointer, pointer, offsets: offsets, columns: columns, size: size)
    return Tensor(y, shape: [rows, columns * size], from: [x]) { dy in
      x.receiveGradient {
        NeighboursKernel.backward($0, dy.pointer, offsets: offsets, columns: columns, size: size)
      }
    }
  }
}
