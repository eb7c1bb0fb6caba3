internal import CKernels
internal import Glibc

extension DisentangledAttentionKernel {
  /// Cleared memory for the gradients of what the forward pass reads.
  public struct Slopes {
    public typealias Operand = AttentionKernel.Operand<UnsafeMutablePointer<Float>>
    let q, k, v: Operand
    let positionKeys, positionQueries: Operand?

    /// As `Inputs` has them.
    public init(
      q: Operand, k: Operand, v: Operand, positionKeys: Operand?, positionQueries: Operand?
    ) {
      (self.q, self.k, self.v) = (q, k, v)
      (self.positionKeys, self.positionQueries) = (positionKeys, positionQueries)
    }
  }

  /// Adds the gradients of `forward` to `slopes`.
  ///
  /// - Parameters:
  ///   - slopes: Take the gradients.
  ///   - doutput: The gradient of the output.
  ///   - inputs: Those of the forward pass.
  ///   - scratch: `scratchCount` floats.
  public static func backward(
    _ slopes: Slopes, doutput: AttentionKernel.Operand<UnsafePointer<Float>>, _ inputs: Inputs,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let layout = inputs.layout
    let d = layout.headSize
    layout.forEachHead(products: 10, scratch: scratch) { head, scratch in
      layout.forEachSequence(head, scratch) { s in
        let keys = inputs.k.at(s.keys.lowerBound, head * d)
        inputs.compareKeys(s, head)
        memset(s.keyRowSlopes, 0, s.keys.count * s.rowCount * MemoryLayout<Float>.size)
        for block in s.blocks {
          scoreSlopes(block, s, head, slopes, doutput, inputs)
          inputs.block(block, s, head).scoreSlopes(
            inputs.q, inputs.k, dq: slopes.q, dk: slopes.k, addsToQueries: true, addsToKeys: true)
          guard let positionKeys = inputs.positionKeys, let target = slopes.positionKeys else {
            continue
          }
          add(
            s.queryRowSlopes, [block.count, s.rowCount],
            to: slopes.q.at(block.lowerBound, head * d), slopes.q.stride,
            positionKeys.at(0, head * d), d)
          add(
            s.queryRowSlopes, [block.count, s.rowCount], transposed: true,
            to: target.at(0, head * d), target.stride, inputs.q.at(block.lowerBound, head * d), d)
        }
        guard let positionQueries = inputs.positionQueries, let target = slopes.positionQueries
        else { return }
        add(
          s.keyRowSlopes, [s.keys.count, s.rowCount],
          to: slopes.k.at(s.keys.lowerBound, head * d), slopes.k.stride,
          positionQueries.at(0, head * d), d)
        add(
          s.keyRowSlopes, [s.keys.count, s.rowCount], transposed: true,
          to: target.at(0, head * d), target.stride, keys, d)
      }
    }
  }

  /// target += a · b, or aᵀ · b, of which b has `columns` columns.
  private static func add(
    _ a: UnsafeMutablePointer<Float>, _ shape: [Int], transposed: Bool = false,
    to target: UnsafeMutablePointer<Float>, _ stride: Int, _ b: MatrixOperand, _ columns: Int
  ) {
    AttentionKernel.multiply(
      into: target, stride: stride, MatrixOperand(a, stride: shape[1], transposed: transposed), b,
      rows: shape[transposed ? 1 : 0], columns: columns, inner: shape[transposed ? 0 : 1],
      accumulates: true)
  }

  /// The gradients of a block's scores, and of its products with positions; adds to those of the
  /// values and of the keys' products with positions.
  private static func scoreSlopes(
    _ block: Range<Int>, _ s: Part, _ head: Int, _ slopes: Slopes,
    _ doutput: AttentionKernel.Operand<UnsafePointer<Float>>, _ inputs: Inputs
  ) {
    let (m, n) = (block.count, s.keys.count)
    inputs.probabilities(block, s, head)
    inputs.block(block, s, head).mixSlopes(doutput, inputs.v, dv: slopes.v, accumulates: true)
    ck_softmax_backward(s.slopes, s.slopes, s.scores, inputs.layout.scale, Int64(m), Int64(n))
    memset(s.queryRowSlopes, 0, m * s.rowCount * MemoryLayout<Float>.size)
    for (i, query) in block.enumerated() {
      inputs.layout.rows(query) { rows in
        ck_disentangled_backward(
          inputs.positionKeys == nil ? nil : s.queryRowSlopes + i * s.rowCount,
          inputs.positionQueries == nil ? nil : s.keyRowSlopes, s.slopes + i * n, rows, Int64(n),
          Int64(s.rowCount))
      }
    }
  }
}
