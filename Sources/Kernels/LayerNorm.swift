public import CKernels
internal import Glibc

/// Layer normalization fused with what comes before it in a transformer: bias, dropout, residual.
///
/// Source: Ba et al. 2016; `torch.nn.functional.layer_norm(residual + dropout(x + bias))`.
public enum LayerNormKernel {
  /// The sizes and settings that forward and backward share.
  public struct Shape {
    let rows: Int
    let columns: Int
    let epsilon: Float
    let dropout: ck_dropout

    /// Rows of `columns` elements each.
    public init(rows: Int, columns: Int, epsilon: Float, dropout: ck_dropout) {
      self.rows = rows
      self.columns = columns
      self.epsilon = epsilon
      self.dropout = dropout
    }

    /// The same without dropout.
    public var withoutDropout: Shape {
      Shape(rows: rows, columns: columns, epsilon: epsilon, dropout: .none)
    }
  }

  /// y = normalize(residual + dropout(x + bias)) · gamma + beta.
  ///
  /// - Parameters:
  ///   - y: `[rows, columns]`.
  ///   - sum: `[rows, columns]`, takes what is normalized; may be `x`.
  ///   - mean: `[rows]`.
  ///   - rstd: `[rows]`, takes 1/σ.
  ///   - x: `[rows, columns]`.
  ///   - bias: `[columns]`, or nil.
  ///   - residual: `[rows, columns]`, or nil.
  ///   - gamma: `[columns]`.
  ///   - beta: `[columns]`, or nil.
  ///   - shape: Sizes, epsilon and dropout.
  public static func forward(
    _ y: UnsafeMutablePointer<Float>, sum: UnsafeMutablePointer<Float>,
    mean: UnsafeMutablePointer<Float>, rstd: UnsafeMutablePointer<Float>,
    _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
    residual: UnsafePointer<Float>? = nil, gamma: UnsafePointer<Float>,
    beta: UnsafePointer<Float>?, _ shape: Shape
  ) {
    let columns = shape.columns
    Rows.forEachPiece(rows: shape.rows, columns: columns, "layer norm", bytes: 16) { _, range in
      let first = range.lowerBound * columns
      ck_layer_norm_forward(
        y + first, sum + first, mean + range.lowerBound, rstd + range.lowerBound, x + first, bias,
        residual.map { $0 + first }, gamma, beta, shape.epsilon, Int64(range.count),
        Int64(columns), Int64(first), shape.dropout)
    }
  }

  /// The gradients of `forward`; adds to `dgamma`, `dbeta` and `dbias`.
  ///
  /// - Parameters:
  ///   - dsum: `[rows, columns]`, takes the gradient of the residual.
  ///   - dx: `[rows, columns]`, takes the gradient of x; nil if it is not wanted apart from `dsum`.
  ///   - dgamma: `[columns]`.
  ///   - dbeta: `[columns]`, or nil.
  ///   - dbias: `[columns]`, or nil.
  ///   - dy: `[rows, columns]`.
  ///   - sum: What the forward pass stored.
  ///   - mean: What the forward pass stored.
  ///   - rstd: What the forward pass stored.
  ///   - gamma: `[columns]`.
  ///   - scratch: `PartialSums.scratchCount(rows:columns:sums: 3)` floats.
  ///   - shape: As in the forward pass.
  public static func backward(
    dsum: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>?,
    dgamma: UnsafeMutablePointer<Float>, dbeta: UnsafeMutablePointer<Float>?,
    dbias: UnsafeMutablePointer<Float>?, _ dy: UnsafePointer<Float>, sum: UnsafePointer<Float>,
    mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>, gamma: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, _ shape: Shape
  ) {
    let columns = shape.columns
    let pieces = Rows.pieceCount(rows: shape.rows, columns: columns)
    let gammas = scratch
    let betas = scratch + pieces * columns
    let biases = dbias == nil ? nil : scratch + 2 * pieces * columns
    Rows.forEachPiece(rows: shape.rows, columns: columns, "layer norm", bytes: 16) { piece, range in
      let first = range.lowerBound * columns
      for sums in [gammas, betas, biases].compactMap({ $0 }) {
        memset(sums + piece * columns, 0, columns * MemoryLayout<Float>.size)
      }
      ck_layer_norm_backward(
        dsum + first, dx.map { $0 + first }, gammas + piece * columns, betas + piece * columns,
        biases.map { $0 + piece * columns }, dy + first, sum + first, mean + range.lowerBound,
        rstd + range.lowerBound, gamma, Int64(range.count), Int64(columns), Int64(first),
        shape.dropout)
    }
    ck_columns_sum(dgamma, gammas, Int64(pieces), Int64(columns))
    if let dbeta { ck_columns_sum(dbeta, betas, Int64(pieces), Int64(columns)) }
    if let dbias, let biases { ck_columns_sum(dbias, biases, Int64(pieces), Int64(columns)) }
  }
}
