internal import CKernels

/// Numbers with float32's range and 8 bits of precision, as matrix products may read them.
public enum BFloat16 {
  /// The instructions that products use: `amx-bf16`, `avx512-bf16` or `none`.
  public static let instructions = String(cString: ck_rounding_level())

  /// Whether this processor multiplies them with instructions of their own.
  public static let isSupported = instructions != "none"
}
