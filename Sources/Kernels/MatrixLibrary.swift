internal import CKernels
internal import Glibc

/// What multiplies matrices on the calling thread.
///
/// Lockstep's own kernels (Documentation/Decisions/0003-own-products.md) unless another library is asked for.
enum MatrixLibrary: String {
  case own
  /// Own products of factors that are rounded to bfloat16.
  case rounding
  case openBLAS

  /// The library of this process; `LOCKSTEP_MATRIX_LIBRARY` names another one, for comparisons.
  static let current: MatrixLibrary = {
    guard let name = getenv("LOCKSTEP_MATRIX_LIBRARY") else { return .own }
    guard let asked = MatrixLibrary(rawValue: String(cString: name)), asked != .rounding else {
      stop("LOCKSTEP_MATRIX_LIBRARY: unknown library: expected own or openBLAS", code: 78)
    }
    return asked
  }()

  /// c = scale · a · b, or c += scale · a · b, row-major.
  func multiply(
    _ c: UnsafeMutablePointer<Float>, stride: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    rows: Int, columns: Int, inner: Int, scale: Float, accumulates: Bool
  ) {
    switch self {
    case .own:
      ck_product(
        c, Int64(stride), a.kernelOperand, b.kernelOperand, Int64(rows), Int64(columns),
        Int64(inner), scale, accumulates)
    case .rounding:
      ck_product_rounded(
        c, Int64(stride), a.kernelOperand, b.kernelOperand, Int64(rows), Int64(columns),
        Int64(inner), accumulates)
    case .openBLAS:
      OpenBLAS.shared.multiply(
        c, stride: stride, a, b, rows: rows, columns: columns, inner: inner, scale: scale,
        accumulates: accumulates)
    }
  }

  /// Whether an element has the same bits in whatever part of a product it is computed.
  var isIndifferentToCuts: Bool { self != .openBLAS }

  /// The library and the kernels that it chose, such as `own products` or `OpenBLAS 0.3.21 SkylakeX`.
  var description: String {
    switch self {
    case .own: "own products"
    case .rounding: "own products of \(BFloat16.instructions)"
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

extension MatrixOperand {
  fileprivate var kernelOperand: ck_operand {
    ck_operand(first: pointer, stride: Int64(stride), is_transposed: isTransposed)
  }
}
