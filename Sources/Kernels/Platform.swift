internal import CKernels

/// What the bits of a result depend on besides the settings of a run.
public enum Platform {
  /// The library that multiplies matrices, and its kernels, such as `oneDNN 2.6.3 avx512`.
  public static let matrixLibrary: String = MatrixLibrary.current.description

  /// The instruction set that the elementwise kernels use, such as `x86-64-v4`.
  public static let kernelLevel: String = String(cString: ck_level())

  /// One line that names the kernels; runs on platforms of one description give the same bits.
  public static var description: String { "\(matrixLibrary), kernels \(kernelLevel)" }
}
