internal import CKernels
internal import COpenBLAS

/// What the bits of a result depend on besides the settings of a run.
public enum Platform {
  /// The name of OpenBLAS's kernels, such as `Cooperlake`.
  public static let blasCore: String = {
    openblas_set_num_threads(1)
    guard let name = openblas_get_corename() else { return "unknown" }
    return String(cString: name)
  }()

  /// OpenBLAS's version and build options.
  public static let blasConfiguration: String = {
    guard let text = openblas_get_config() else { return "unknown" }
    return String(cString: text)
  }()

  /// The instruction set that the elementwise kernels use, such as `x86-64-v4`.
  public static let kernelLevel: String = String(cString: ck_level())

  /// One line that names the kernels; runs on platforms of one description give the same bits.
  public static var description: String { "OpenBLAS \(blasCore), kernels \(kernelLevel)" }
}
