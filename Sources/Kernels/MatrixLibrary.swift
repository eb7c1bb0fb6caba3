internal import CKernels
internal import Glibc

/// What multiplies float32 matrices on the calling thread.
///
/// Lockstep's own kernels on x86-64 (Documentation/Decisions/0003-own-products.md), OpenBLAS elsewhere.
enum MatrixLibrary: String {
  case own
  case oneDNN
  case openBLAS

  /// The library of this process; `LOCKSTEP_MATRIX_LIBRARY` names another one, for comparisons.
  static let current: MatrixLibrary = {
    if let name = getenv("LOCKSTEP_MATRIX_LIBRARY") {
      guard let asked = MatrixLibrary(rawValue: String(cString: name)) else {
        stop("LOCKSTEP_MATRIX_LIBRARY: unknown library: expected own, oneDNN or openBLAS", code: 78)
      }
      return asked
    }
    #if arch(x86_64)
      return .own
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
    case .own:
      ck_product(
        c, Int64(stride), ck_operand(first: a, stride: Int64(strideA), is_transposed: transposedA),
        ck_operand(first: b, stride: Int64(strideB), is_transposed: transposedB), Int64(rows),
        Int64(columns), Int64(inner), scale, accumulates)
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

  /// Whether an element has the same bits in whatever part of a product it is computed.
  var isIndifferentToCuts: Bool { self == .own }

  /// The library and the kernels that it chose, such as `own products` or `oneDNN 2.6.3 avx512`.
  var description: String {
    switch self {
    case .own: "own products"
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
