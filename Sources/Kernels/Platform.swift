internal import CKernels

/// What the bits of a result depend on besides the settings of a run.
public enum Platform {
  /// What multiplies float32 matrices: `own products`, or a library with its kernels.
  public static let matrixLibrary: String = MatrixLibrary.current.description

  /// The instruction set that the elementwise kernels use, such as `x86-64-v4`.
  public static let kernelLevel: String = String(cString: ck_level())

  /// One line that names the kernels; runs on platforms of one description give the same bits.
  ///
  /// - Parameter rounding: Whether products of bfloat16 matrices are computed as well.
  /// - Returns: Such as `own products, kernels x86-64-v4`.
  public static func description(rounding: Bool) -> String {
    let products = rounding ? "\(matrixLibrary), \(BFloat16.instructions) for bf16" : matrixLibrary
    return "\(products), kernels \(kernelLevel)"
  }
}
