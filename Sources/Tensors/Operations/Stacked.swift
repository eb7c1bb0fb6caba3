extension Tensor {
  /// Tensors of one shape behind one another, along a new first axis.
  ///
  /// Source: `torch.stack`.
  ///
  /// - Parameter tensors: At least one, all of one shape.
  /// - Returns: `[tensors.count, …]`.
  public static func stacked(_ tensors: [Tensor]) -> Tensor {
    let shape = tensors[0].shape
    let size = tensors[0].count
    precondition(
      tensors.allSatisfy { $0.shape == shape }, "stacked: shapes \(tensors.map(\.shape))")
    let y = Storage(count: size * tensors.count)
    for (place, tensor) in tensors.enumerated() {
      (y.pointer + place * size).update(from: tensor.pointer, count: size)
    }
    return Tensor(y, shape: [tensors.count] + shape, from: tensors) { dy in
      for (place, tensor) in tensors.enumerated() {
        tensor.receiveGradient { $0.update(from: dy.pointer + place * size, count: size) }
      }
    }
  }
}
