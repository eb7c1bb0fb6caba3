internal import CKernels
internal import Glibc

/// GELU, x · Φ(x), fused with the bias before it.
///
/// Source: Hendrycks and Gimpel 2016; `torch.nn.functional.gelu`.
public enum GELUKernel {
  /// How Φ is computed.
  public enum Form: Sendable {
    /// By the error function, `approximate="none"`.
    case exact
    /// As (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, `approximate="tanh"`.
    case tanh
  }

  /// y = gelu(x + bias), all `[rows, columns]`.
  public static func forward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    form: Form = .exact, rows: Int, columns: Int
  ) {
    let compute = form == .exact ? ck_gelu_forward : ck_gelu_tanh_forward
    Rows.forEachPiece(rows: rows, columns: columns, "GELU", bytes: 8) { _, range in
      let first = range.lowerBound * columns
      compute(y + first, x + first, bias, Int64(range.count), Int64(columns))
    }
  }

  /// dx = dy · gelu'(x + bias); adds dx's column sums to `dbias`.
  ///
  /// - Parameters:
  ///   - dx: `[rows, columns]`, may be `dy`.
  ///   - y: `[rows, columns]`, takes what the forward pass gave, bit for bit; nil for nothing.
  ///   - dy: `[rows, columns]`.
  ///   - x: The input of the forward pass.
  ///   - bias: `[columns]`, or nil.
  ///   - form: That of the forward pass.
  ///   - dbias: `[columns]`, or nil; then `scratch` is not used.
  ///   - scratch: `PartialSums.scratchCount(rows:columns:sums: 1)` floats.
  ///   - rows: The number of rows.
  ///   - columns: The number of columns.
  public static func backward(
    _ dx: UnsafeMutablePointer<Float>, y: UnsafeMutablePointer<Float>? = nil,
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, form: Form = .exact, dbias: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>?, rows: Int, columns: Int
  ) {
    let compute = form == .exact ? ck_gelu_backward : ck_gelu_tanh_backward
    Rows.forEachPiece(rows: rows, columns: columns, "GELU", bytes: 12) { piece, range in
      let first = range.lowerBound * columns
      let sums = dbias == nil ? nil : scratch.map { $0 + piece * columns }
      if let sums { memset(sums, 0, columns * MemoryLayout<Float>.size) }
      compute(
        dx + first, y.map { $0 + first }, dy + first, x + first, bias, sums, Int64(range.count),
        Int64(columns))
    }
    guard let dbias, let scratch else { return }
    ck_columns_sum(
      dbias, scratch, Int64(Rows.pieceCount(rows: rows, columns: columns)), Int64(columns))
  }
}
