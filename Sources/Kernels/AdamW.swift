public import CKernels

/// One AdamW update over flat memory.
///
/// Source: Loshchilov and Hutter 2019; `torch.optim.AdamW`.
public enum AdamWKernel {
  /// Updates parameters and both moments of `count` elements in place.
  public static func update(
    parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>,
    second: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, count: Int,
    _ settings: ck_adamw
  ) {
    ElementwiseKernel.forEachPiece(of: count, "AdamW", bytes: 28) { range in
      let at = range.lowerBound
      ck_adamw_update(
        parameters + at, first + at, second + at, gradients + at, Int64(range.count), settings)
    }
  }
}
