internal import CKernels

/// Rotary position embedding: pairs of a head's elements are turned by angles that grow with a token's
/// position, so that a product of two heads depends on their distance.
///
/// Source: Su et al. 2021, section 3.2; `apply_rotary_pos_emb` of Transformers.
public enum RotaryKernel {
  /// The cosines and sines of angles, both `[positions, headSize / 2]`.
  public struct Angles {
    let cosines: UnsafePointer<Float>
    let sines: UnsafePointer<Float>
    let half: Int

    /// Tables of `half` angles a position.
    public init(cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, half: Int) {
      self.cosines = cosines
      self.sines = sines
      self.half = half
    }
  }

  /// Turns all heads of every row, in place.
  ///
  /// - Parameters:
  ///   - x: The first head of the first row.
  ///   - stride: The distance between two rows, in elements.
  ///   - positions: One for each row.
  ///   - angles: Of at least all positions.
  ///   - headCount: How many heads of a row lie side by side.
  ///   - backwards: Whether to undo it.
  public static func rotate(
    _ x: UnsafeMutablePointer<Float>, stride: Int, positions: [Int32], angles: Angles,
    headCount: Int, backwards: Bool = false
  ) {
    let columns = headCount * angles.half * 2
    positions.withUnsafeBufferPointer { positions in
      guard let first = positions.baseAddress else { return }
      Rows.forEachPiece(rows: positions.count, columns: columns, "rotary", bytes: 8) { _, range in
        ck_rotary_rotate(
          x + range.lowerBound * stride, Int64(stride), first + range.lowerBound, angles.cosines,
          angles.sines, backwards ? -1 : 1, Int64(range.count), Int64(headCount),
          Int64(angles.half))
      }
    }
  }
}
