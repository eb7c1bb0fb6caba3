public import CKernels

/// Scaled dot-product attention over packed sequences: each sequence's queries attend to that
/// sequence's keys, so padding is neither stored nor computed.
///
/// Source: Vaswani et al. 2017, section 3.2.1; `scaled_dot_product_attention` with a padding mask.
public enum AttentionKernel {
  /// A matrix of which head h takes columns `h * headSize ..< (h + 1) * headSize`.
  public struct Operand<Pointer> {
    let pointer: Pointer
    let stride: Int

    /// Rows that lie `stride` elements apart.
    public init(_ pointer: Pointer, stride: Int) {
      self.pointer = pointer
      self.stride = stride
    }
  }

  /// Where sequences begin, and the sizes of heads.
  public struct Layout {
    let queryOffsets: [Int32]
    let keyOffsets: [Int32]
    let headCount: Int
    let headSize: Int
    private let probabilityOffsets: [Int]

    /// Sequence s has the queries `queryOffsets[s]..<queryOffsets[s + 1]`, and keys likewise.
    ///
    /// - Precondition: Offsets ascend from 0, and a sequence with queries has keys.
    public init(queryOffsets: [Int32], keyOffsets: [Int32], headCount: Int, headSize: Int) {
      precondition(
        queryOffsets.count == keyOffsets.count && queryOffsets.first == 0 && keyOffsets.first == 0,
        "\(queryOffsets.count - 1) query sequences, \(keyOffsets.count - 1) key sequences")
      self.queryOffsets = queryOffsets
      self.keyOffsets = keyOffsets
      self.headCount = headCount
      self.headSize = headSize
      var offsets = [0]
      for s in 0..<queryOffsets.count - 1 {
        let queries = Int(queryOffsets[s + 1] - queryOffsets[s])
        let keys = Int(keyOffsets[s + 1] - keyOffsets[s])
        precondition(
          queries >= 0 && keys >= min(queries, 1),
          "sequence \(s) has \(queries) queries and \(keys) keys")
        offsets.append(offsets[s] + queries * keys * headCount)
      }
      probabilityOffsets = offsets
    }

    /// How many floats hold the attention probabilities of all heads.
    public var probabilityCount: Int { probabilityOffsets.last ?? 0 }

    /// How many floats of scratch memory forward or backward need.
    public var scratchCount: Int { pieceCount * largestBlock * 2 }

    private static let groupSize = 4
    private var groupCount: Int { (headCount + Self.groupSize - 1) / Self.groupSize }
    private var pieceCount: Int { (queryOffsets.count - 1) * groupCount }
    private var largestBlock: Int {
      (0..<queryOffsets.count - 1).map { queryRows($0).count * keyRows($0).count }.max() ?? 0
    }

    func queryRows(_ s: Int) -> Range<Int> { Int(queryOffsets[s])..<Int(queryOffsets[s + 1]) }
    func keyRows(_ s: Int) -> Range<Int> { Int(keyOffsets[s])..<Int(keyOffsets[s + 1]) }

    /// Calls `body` for every sequence and head, with the head's place in the probabilities and
    /// two blocks of scratch memory.
    func forEachHead(
      scratch: UnsafeMutablePointer<Float>,
      _ body: (
        _ queries: Range<Int>, _ keys: Range<Int>, _ head: Int, _ place: Int,
        _ scratch: UnsafeMutablePointer<Float>
      ) -> Void
    ) {
      let block = largestBlock
      ThreadPool.shared.run(pieceCount) { piece in
        let s = piece / groupCount
        let queries = queryRows(s)
        let keys = keyRows(s)
        guard !queries.isEmpty, !keys.isEmpty else { return }
        let first = piece % groupCount * Self.groupSize
        for head in first..<min(headCount, first + Self.groupSize) {
          let place = probabilityOffsets[s] + head * queries.count * keys.count
          body(queries, keys, head, place, scratch + piece * block * 2)
        }
      }
    }
  }

  /// Computes dropout(softmax(q kᵀ / √headSize)) v into `output`, and keeps the probabilities
  /// before dropout.
  public static func forward(
    output: Operand<UnsafeMutablePointer<Float>>, probabilities: UnsafeMutablePointer<Float>,
    q: Operand<UnsafePointer<Float>>, k: Operand<UnsafePointer<Float>>,
    v: Operand<UnsafePointer<Float>>, _ layout: Layout, dropout: ck_dropout,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let d = layout.headSize
    let scale = 1 / Float(d).squareRoot()
    layout.forEachHead(scratch: scratch) { queries, keys, head, place, scratch in
      let (m, n) = (queries.count, keys.count)
      let p = probabilities + place
      MatrixProduct.multiply(
        into: p, stride: n, q.at(queries.lowerBound, head * d),
        k.at(keys.lowerBound, head * d, transposed: true), rows: m, columns: n, inner: d,
        isShared: false)
      ck_softmax_forward(p, p, scale, Int64(m), Int64(n))
      var weights = p
      if dropout.threshold > 0 {
        ck_dropout_apply(scratch, p, Int64(place), Int64(m * n), dropout)
        weights = scratch
      }
      MatrixProduct.multiply(
        into: output.pointer + queries.lowerBound * output.stride + head * d,
        stride: output.stride, MatrixOperand(weights, stride: n), v.at(keys.lowerBound, head * d),
        rows: m, columns: d, inner: n, isShared: false)
    }
  }

  /// The gradients of `forward`; overwrites dq, dk and dv (a sequence without queries leaves its
  /// rows of dk and dv alone: clear them before).
  public static func backward(
    dq: Operand<UnsafeMutablePointer<Float>>, dk: Operand<UnsafeMutablePointer<Float>>,
    dv: Operand<UnsafeMutablePointer<Float>>, doutput: Operand<UnsafePointer<Float>>,
    probabilities: UnsafePointer<Float>, q: Operand<UnsafePointer<Float>>,
    k: Operand<UnsafePointer<Float>>, v: Operand<UnsafePointer<Float>>, _ layout: Layout,
    dropout: ck_dropout, scratch: UnsafeMutablePointer<Float>
  ) {
    let d = layout.headSize
    let scale = 1 / Float(d).squareRoot()
    layout.forEachHead(scratch: scratch) { queries, keys, head, place, scratch in
      let (m, n) = (queries.count, keys.count)
      let p = probabilities + place
      let slopes = scratch + m * n
      var weights = p
      if dropout.threshold > 0 {
        ck_dropout_apply(scratch, p, Int64(place), Int64(m * n), dropout)
        weights = UnsafePointer(scratch)
      }
      let dout = doutput.at(queries.lowerBound, head * d)
      MatrixProduct.multiply(
        into: dv.pointer + keys.lowerBound * dv.stride + head * d, stride: dv.stride,
        MatrixOperand(weights, stride: n, transposed: true), dout, rows: n, columns: d, inner: m,
        isShared: false)
      MatrixProduct.multiply(
        into: slopes, stride: n, dout, v.at(keys.lowerBound, head * d, transposed: true), rows: m,
        columns: n, inner: d, isShared: false)
      if dropout.threshold > 0 {
        ck_dropout_apply(slopes, slopes, Int64(place), Int64(m * n), dropout)
      }
      ck_softmax_backward(slopes, slopes, p, scale, Int64(m), Int64(n))
      MatrixProduct.multiply(
        into: dq.pointer + queries.lowerBound * dq.stride + head * d, stride: dq.stride,
        MatrixOperand(slopes, stride: n), k.at(keys.lowerBound, head * d), rows: m, columns: d,
        inner: n, isShared: false)
      MatrixProduct.multiply(
        into: dk.pointer + keys.lowerBound * dk.stride + head * d, stride: dk.stride,
        MatrixOperand(slopes, stride: n, transposed: true), q.at(queries.lowerBound, head * d),
        rows: n, columns: d, inner: m, isShared: false)
    }
  }
}

extension AttentionKernel.Operand where Pointer == UnsafePointer<Float> {
  fileprivate func at(_ row: Int, _ column: Int, transposed: Bool = false) -> MatrixOperand {
    MatrixOperand(pointer + row * stride + column, stride: stride, transposed: transposed)
  }
}
