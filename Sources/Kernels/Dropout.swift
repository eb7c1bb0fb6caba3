public import CKernels

extension ck_dropout {
  /// A stream that keeps everything.
  public static var none: ck_dropout { ck_dropout(key: 0, threshold: 0, scale: 1) }

  /// The dropout of one place in one micro-batch.
  ///
  /// - Parameters:
  ///   - probability: How likely an element is dropped, in `[0, 1)`.
  ///   - key: Names the place, the micro-batch and the step.
  public init(probability: Double, key: UInt64) {
    precondition((0..<1).contains(probability), "dropout is \(probability), must be in [0, 1)")
    self.init(
      key: key, threshold: UInt32(probability * 4_294_967_296), scale: Float(1 / (1 - probability)))
  }
}

/// Dropout whose mask is a hash of each element's index, so nothing is stored.
public enum DropoutKernel {
  /// Writes `x / (1 - p)` where an element is kept and 0 elsewhere; its own backward pass.
  public static func apply(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int, _ dropout: ck_dropout
  ) {
    ElementwiseKernel.forEachPiece(of: count, "dropout", bytes: 8) { range in
      ck_dropout_apply(
        y + range.lowerBound, x + range.lowerBound, Int64(range.lowerBound), Int64(range.count),
        dropout)
    }
  }
}
