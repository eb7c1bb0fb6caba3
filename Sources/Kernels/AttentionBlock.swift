internal import CKernels

/// A head's scores of neighbouring queries and the keys that they see: what all kinds of attention do
/// alike once the probabilities are known.
///
/// All products run on the calling thread.
struct AttentionBlock {
  typealias Input = AttentionKernel.Operand<UnsafePointer<Float>>
  typealias Output = AttentionKernel.Operand<UnsafeMutablePointer<Float>>

  /// The rows of queries and keys.
  let queries, keys: Range<Int>
  /// The head's first column.
  let column: Int
  let headSize: Int
  /// `[queries, keys]`, row by row.
  let probabilities: UnsafeMutablePointer<Float>
  /// As large, for what the backward pass computes.
  let slopes: UnsafeMutablePointer<Float>
  let dropout: ck_dropout
  /// Where the first score lies in the dropout stream.
  let place: Int
  /// Whether factors of products are rounded to bfloat16.
  var rounds = false

  private var count: Int64 { Int64(queries.count * keys.count) }

  /// Computes dropout(probabilities) v into the queries' rows of `output`; the probabilities are lost.
  func mix(_ v: Input, into output: Output) {
    if dropout.threshold > 0 {
      ck_dropout_apply(probabilities, probabilities, Int64(place), count, dropout)
    }
    AttentionKernel.multiply(
      into: output.at(queries.lowerBound, column), stride: output.stride,
      MatrixOperand(probabilities, stride: keys.count), v.at(keys.lowerBound, column),
      rows: queries.count, columns: headSize, inner: keys.count, rounds: rounds)
  }

  /// The gradients of `mix`: those of v, written or added to `dv`, and those of the probabilities, left
  /// in `slopes`.
  func mixSlopes(_ doutput: Input, _ v: Input, dv: Output, accumulates: Bool) {
    let (m, n) = (queries.count, keys.count)
    var weights = probabilities
    if dropout.threshold > 0 {
      ck_dropout_apply(slopes, probabilities, Int64(place), count, dropout)
      weights = slopes
    }
    let dout = doutput.at(queries.lowerBound, column)
    AttentionKernel.multiply(
      into: dv.at(keys.lowerBound, column), stride: dv.stride,
      MatrixOperand(weights, stride: n, transposed: true), dout, rows: n, columns: headSize,
      inner: m, accumulates: accumulates, rounds: rounds)
    AttentionKernel.multiply(
      into: slopes, stride: n, dout, v.at(keys.lowerBound, column, transposed: true), rows: m,
      columns: n, inner: headSize, rounds: rounds)
    if dropout.threshold > 0 {
      ck_dropout_apply(slopes, slopes, Int64(place), count, dropout)
    }
  }

  /// The gradients of q kᵀ, whose own are in `slopes`: written or added to `dq` and `dk`.
  func scoreSlopes(
    _ q: Input, _ k: Input, dq: Output, dk: Output, addsToQueries: Bool, addsToKeys: Bool
  ) {
    let (m, n) = (queries.count, keys.count)
    AttentionKernel.multiply(
      into: dq.at(queries.lowerBound, column), stride: dq.stride, MatrixOperand(slopes, stride: n),
      k.at(keys.lowerBound, column), rows: m, columns: headSize, inner: n,
      accumulates: addsToQueries, rounds: rounds)
    AttentionKernel.multiply(
      into: dk.at(keys.lowerBound, column), stride: dk.stride,
      MatrixOperand(slopes, stride: n, transposed: true), q.at(queries.lowerBound, column),
      rows: n, columns: headSize, inner: m, accumulates: addsToKeys, rounds: rounds)
  }
}
