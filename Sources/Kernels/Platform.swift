internal import CKernels

/// What the bits of a result depend on besides the settings of a run.
public enum Platform {
  /// What multiplies float32 matrices: `own products`, or a library with its kernels.
  public static let matrixLibrary: String = MatrixLibrary.current.description

  /// The instruction set that the elementwise kernels use, such as `x86-64-v4`.
  public static let kernelLevel: String = String(cString: ck_level())

  /// One line that names the kernels.
  ///
  /// - Parameter rounding: Whether products of bfloat16 matrices are computed as well.
  /// - Returns: Such as `own products, kernels x86-64-v4`.
  public static func description(rounding: Bool) -> String {
    let products = rounding ? "\(matrixLibrary), \(BFloat16.instructions) for bf16" : matrixLibrary
    return "\(products), kernels \(kernelLevel)"
  }

  /// What decides the bits of results: runs on processors of one arithmetic give the same.
  ///
  /// Kernels are the same loops over sixteen lanes on every processor, so AVX2 and AVX-512 make no
  /// difference (`make processors` compares); fused multiply-adds do, and the instructions of bfloat16.
  ///
  /// - Parameter rounding: Whether products of bfloat16 matrices are computed as well.
  /// - Returns: Such as `own products, x86-64 with FMA`.
  public static func arithmetic(rounding: Bool) -> String {
    let isFused = ["x86-64-v3", "x86-64-v4"].contains(kernelLevel)
    let name = isFused ? "x86-64 with FMA" : "\(kernelLevel) kernels"
    return
      (rounding
      ? [matrixLibrary, "\(BFloat16.instructions) for bf16", name] : [matrixLibrary, name])
      .joined(separator: ", ")
  }
}
