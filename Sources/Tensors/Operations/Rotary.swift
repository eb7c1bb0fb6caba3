internal import Kernels

extension Tensor {
  /// Turns the heads in some columns by the angles of their rows' positions.
  ///
  /// Source: Su et al. 2021, section 3.4.2; `apply_rotary_pos_emb` of Transformers, which pairs element
  /// i of a head with element i + headSize / 2.
  ///
  /// - Parameters:
  ///   - columns: Whole heads side by side.
  ///   - angles: Of the positions.
  ///   - positions: One for each row, from 0.
  ///   - overwritesInput: Whether the result may take the memory of `self`, which nothing else may
  ///     read then.
  /// - Returns: The same shape; other columns as they are.
  /// - Precondition: `self` is a matrix with as many rows as there are positions.
  public func rotated(
    _ columns: Range<Int>, by angles: RotaryAngles, positions: [Int32],
    overwritesInput: Bool = false
  ) -> Tensor {
    precondition(
      shape.count == 2 && shape[0] == positions.count && 0 <= columns.lowerBound
        && columns.upperBound <= shape[1] && columns.count % angles.headSize == 0
        && positions.allSatisfy { $0 >= 0 },
      "rotated: columns \(columns) of \(shape), \(positions.count) positions, heads of "
        + "\(angles.headSize)")
    let x = self
    let stride = shape[1]
    angles.cover(Int(positions.max() ?? -1) + 1)
    let y = overwritesInput ? storage : Storage(count: count)
    if !overwritesInput { y.pointer.update(from: pointer, count: count) }
    angles.rotate(
      y.pointer, stride: stride, columns: columns, positions: positions, backwards: false)
    return Tensor(y, shape: shape, from: [x]) { dy in
      angles.rotate(
        dy.pointer, stride: stride, columns: columns, positions: positions, backwards: true)
      x.adoptGradient(dy)
    }
  }
}
