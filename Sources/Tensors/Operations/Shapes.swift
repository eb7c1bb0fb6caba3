extension Tensor {
  /// The same elements in another shape.
  ///
  /// - Precondition: Both shapes hold equally many elements.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(
      shape.reduce(1, *) == count, "reshaped: \(self.shape) has \(count) elements, \(shape) not")
    let x = self
    return Tensor(storage, shape: shape, from: [x]) { dy in
      x.receiveGradient { $0.update(from: dy.pointer, count: dy.count) }
    }
  }

  /// The elements with two axes exchanged.
  ///
  /// - Precondition: Both are axes of the tensor.
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    precondition(
      shape.indices.contains(first) && shape.indices.contains(second),
      "transposed(\(first), \(second)) of \(shape)")
    var shape = shape
    shape.swapAt(first, second)
    let x = self
    let y = Storage(count: count)
    Self.transpose(pointer, into: y.pointer, shape: x.shape, first, second)
    return Tensor(y, shape: shape, from: [x]) { dy in
      x.receiveGradient { Self.transpose(dy.pointer, into: $0, shape: shape, first, second) }
    }
  }

  private static func transpose(
    _ from: UnsafePointer<Float>, into: UnsafeMutablePointer<Float>, shape: [Int], _ a: Int,
    _ b: Int
  ) {
    let (low, high) = (min(a, b), max(a, b))
    guard low != high else {
      into.update(from: from, count: shape.reduce(1, *))
      return
    }
    let outer = shape[..<low].reduce(1, *)
    let middle = shape[(low + 1)..<high].reduce(1, *)
    let inner = shape[(high + 1)...].reduce(1, *)
    let (m, n) = (shape[low], shape[high])
    var source = from
    for o in 0..<outer {
      for i in 0..<m {
        for k in 0..<middle {
          for j in 0..<n {
            let target = (((o * n + j) * middle + k) * m + i) * inner
            (into + target).update(from: source, count: inner)
            source += inner
          }
        }
      }
    }
  }

}
