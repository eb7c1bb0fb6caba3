internal import CKernels

/// Normal draws by the transformation of Box and Muller 1958, from a hash of each pair's index.
public enum NormalKernel {
  /// Writes independent draws with mean 0 and the given standard deviation.
  public static func fill(
    _ y: UnsafeMutablePointer<Float>, count: Int, deviation: Float, key: UInt64
  ) {
    ElementwiseKernel.forEachPiece(of: count, "normal draws", bytes: 4) { range in
      ck_normal_fill(
        y + range.lowerBound, key, deviation, Int64(range.lowerBound), Int64(range.count))
    }
  }
}
