internal import CKernels
internal import Glibc

/// A library that multiplies float32 matrices on the calling thread.
///
/// oneDNN on x86-64: it asks the processor what it can do, where OpenBLAS asks for its name and takes
/// its slowest kernels where it does not know it. OpenBLAS elsewhere.
enum MatrixLibrary: String {
  case oneDNN
  case openBLAS

  /// The library of this process; `LOCKSTEP_MATRIX_LIBRARY` names another one, for comparisons.
  static let current: MatrixLibrary = {
    if let name = getenv("LOCKSTEP_MATRIX_LIBRARY") {
      guard let asked = MatrixLibrary(rawValue: String(cString: name)) else {
        stop("LOCKSTEP_MATRIX_LIBRARY: unknown library: expected oneDNN or openBLAS", code: 78)
      }
      return asked
    }
    #if arch(x86_64)
      return .oneDNN
    #else
      return .openBLAS
    #endif
  }()

  /// c = scale · a · b, or c += scale · a · b, row-major.
  func multiply(
    _ c: UnsafeMutablePointer<Float>, stride: Int, _ a: UnsafePointer<Float>, strideA: Int,
    transposedA: Bool, _ b: UnsafePointer<Float>, strideB: Int, transposedB: Bool, rows: Int,
    columns: Int, inner: Int, scale: Float, accumulates: Bool
  ) {
    switch self {
    case .oneDNN:
      OneDNN.multiply(
        c, stride: stride, a, strideA: strideA, transposedA: transposedA, b, strideB: strideB,
        transposedB: transposedB, rows: rows, columns: columns, inner: inner, scale: scale,
        accumulates: accumulates)
    case .openBLAS:
      OpenBLAS.shared.multiply(
        c, stride: stride, a, strideA: strideA, transposedA: transposedA, b, strideB: strideB,
        transposedB: transposedB, rows: rows, columns: columns, inner: inner, scale: scale,
        accumulates: accumulates)
    }
  }

  /// The library, its version and the kernels that it chose, such as `oneDNN 2.6.3 avx512`.
  var description: String {
    switch self {
    case .oneDNN: OneDNN.description
    case .openBLAS: OpenBLAS.shared.description
    }
  }

  /// Ends the process: without a library there is nothing that could be computed.
  static func stop(_ message: String, code: Int32) -> Never {
    let line = "error: \(message)\n"
    _ = line.withCString { write(2, $0, strlen($0)) }
    exit(code)
  }
}
