public import CKernels

/// Scaled dot-product attention over packed sequences: each sequence's queries attend to that
/// sequence's keys, so padding is neither stored nor computed.
///
/// Scores exist for one block of queries at a time and are never kept: the backward pass computes
/// them again, with the same bits. So memory grows with the length of a sequence, not with its square.
///
/// Source: Vaswani et al. 2017, section 3.2.1; `scaled_dot_product_attention` with a padding mask;
/// Dao et al. 2022 for not keeping the scores.
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
    /// Where the dropout of each sequence's scores begins in its stream.
    private let scoreOffsets: [Int]

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
      scoreOffsets = offsets
    }

    /// How many floats of scratch memory forward or backward need.
    public var scratchCount: Int { pieceCount * largestBlock * 2 }

    private static let groupSize = 4
    private var groupCount: Int { (headCount + Self.groupSize - 1) / Self.groupSize }
    private var pieceCount: Int { (queryOffsets.count - 1) * groupCount }
    private var largestBlock: Int {
      (0..<queryOffsets.count - 1).map { s in
        min(queryRows(s).count, blockRows(keys: keyRows(s).count)) * keyRows(s).count
      }.max() ?? 0
    }

    /// The queries of a block: as many as let its scores stay in a core's own cache.
    func blockRows(keys: Int) -> Int { keys <= 1_024 ? 128 : 64 }

    /// How many sequences there are.
    public var sequenceCount: Int { queryOffsets.count - 1 }
    var longestKeyCount: Int { (0..<sequenceCount).map { keyRows($0).count }.max() ?? 0 }

    func queryRows(_ s: Int) -> Range<Int> { Int(queryOffsets[s])..<Int(queryOffsets[s + 1]) }
    func keyRows(_ s: Int) -> Range<Int> { Int(keyOffsets[s])..<Int(keyOffsets[s + 1]) }

    /// Calls `body` for every head of every sequence, with the place of the head's first score in the
    /// dropout stream and two blocks of scratch memory.
    func forEachHead(
      _ name: String, products: Double, scratch: UnsafeMutablePointer<Float>,
      _ body: (
        _ sequence: Int, _ queries: Range<Int>, _ keys: Range<Int>, _ head: Int, _ place: Int,
        _ scratch: UnsafeMutablePointer<Float>
      ) -> Void
    ) {
      let block = largestBlock
      Profiler.shared.kernel(name, flops: products * productFlops) {
        ThreadPool.shared.run(pieceCount) { piece in
          let s = piece / groupCount
          let queries = queryRows(s)
          let keys = keyRows(s)
          guard !queries.isEmpty, !keys.isEmpty else { return }
          let first = piece % groupCount * Self.groupSize
          for head in first..<min(headCount, first + Self.groupSize) {
            let place = scoreOffsets[s] + head * queries.count * keys.count
            body(s, queries, keys, head, place, scratch + piece * block * 2)
          }
        }
      }
    }

    /// The floating-point operations of one product of all heads.
    private var productFlops: Double { 2 * Double(scoreOffsets.last ?? 0) * Double(headSize) }
  }

  /// What forward and backward read.
  public struct Inputs {
    let q, k, v: Operand<UnsafePointer<Float>>
    let layout: Layout
    let dropout: ck_dropout
    let bias: RelativeBias?
    let rounds: Bool

    /// Queries, keys and values, where their sequences begin, what is added to the scores, the dropout
    /// of the probabilities, and whether factors of products are rounded to bfloat16.
    public init(
      q: Operand<UnsafePointer<Float>>, k: Operand<UnsafePointer<Float>>,
      v: Operand<UnsafePointer<Float>>, _ layout: Layout, bias: RelativeBias? = nil,
      dropout: ck_dropout, rounds: Bool = false
    ) {
      if let bias {
        precondition(
          bias.queryPlaces.count == Int(layout.queryOffsets.last ?? 0)
            && bias.queryPlaces.allSatisfy { 0 <= $0 && $0 < bias.span }
            && layout.longestKeyCount <= bias.span,
          "a bias for \(bias.queryPlaces.count) queries and \(bias.span) places, not for "
            + "\(layout.queryOffsets.last ?? 0) and \(layout.longestKeyCount)")
      }
      self.bias = bias
      (self.q, self.k, self.v) = (q, k, v)
      self.layout = layout
      self.dropout = dropout
      self.rounds = rounds
    }

    /// Calls `body` for every block of queries of a head.
    fileprivate func forEachBlock(
      _ queries: Range<Int>, _ keys: Range<Int>, _ body: (_ block: Range<Int>) -> Void
    ) {
      let step = layout.blockRows(keys: keys.count)
      for first in stride(from: queries.lowerBound, to: queries.upperBound, by: step) {
        body(first..<min(queries.upperBound, first + step))
      }
    }

    /// softmax(q kᵀ / √headSize + bias) of a block of queries.
    fileprivate func probabilities(
      into p: UnsafeMutablePointer<Float>, _ block: Range<Int>, _ keys: Range<Int>, _ head: Int
    ) {
      let d = layout.headSize
      AttentionKernel.multiply(
        into: p, stride: keys.count, q.at(block.lowerBound, head * d),
        k.at(keys.lowerBound, head * d, transposed: true), rows: block.count, columns: keys.count,
        inner: d, rounds: rounds)
      guard let bias else {
        ck_softmax_forward(p, p, scale, Int64(block.count), Int64(keys.count))
        return
      }
      let line = bias.values + head * bias.count
      ck_scale(p, p, scale, Int64(block.count * keys.count))
      for (row, query) in block.enumerated() {
        let scores = p + row * keys.count
        ck_add(scores, scores, line + bias.first(of: query), Int64(keys.count))
      }
      ck_softmax_forward(p, p, 1, Int64(block.count), Int64(keys.count))
    }

    /// Turns slopes of probabilities into slopes of q kᵀ, and adds those of the bias to `sums`.
    fileprivate func scoreSlopes(
      _ slopes: UnsafeMutablePointer<Float>, _ p: UnsafePointer<Float>, _ block: Range<Int>,
      _ keys: Range<Int>, biasSums sums: UnsafeMutablePointer<Float>?
    ) {
      let (m, n) = (block.count, keys.count)
      guard let bias, let sums else {
        ck_softmax_backward(slopes, slopes, p, scale, Int64(m), Int64(n))
        return
      }
      ck_softmax_backward(slopes, slopes, p, 1, Int64(m), Int64(n))
      for (row, query) in block.enumerated() {
        let sum = sums + bias.first(of: query)
        ck_add(sum, sum, slopes + row * n, Int64(n))
      }
      ck_scale(slopes, slopes, scale, Int64(m * n))
    }

    /// Some of a head's queries with the keys of their sequence, whose first score has a place in the
    /// dropout stream, in two blocks of memory.
    fileprivate func block(
      _ block: Range<Int>, _ queries: Range<Int>, _ keys: Range<Int>, _ head: Int, _ place: Int,
      _ p: UnsafeMutablePointer<Float>
    ) -> AttentionBlock {
      AttentionBlock(
        queries: block, keys: keys, column: head * layout.headSize, headSize: layout.headSize,
        probabilities: p, slopes: p + block.count * keys.count, dropout: dropout,
        place: place + (block.lowerBound - queries.lowerBound) * keys.count, rounds: rounds)
    }

    fileprivate var scale: Float { 1 / Float(layout.headSize).squareRoot() }
  }

  /// A product on the calling thread.
  static func multiply(
    into c: UnsafeMutablePointer<Float>, stride: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    rows: Int, columns: Int, inner: Int, scale: Float = 1, accumulates: Bool = false,
    rounds: Bool = false
  ) {
    MatrixProduct.multiply(
      into: c, stride: stride, a, b, rows: rows, columns: columns, inner: inner, scale: scale,
      accumulates: accumulates, rounds: rounds, isShared: false)
  }

  /// Computes dropout(softmax(q kᵀ / √headSize + bias)) v into `output`.
  ///
  /// - Parameters:
  ///   - output: Rows as the queries have them.
  ///   - inputs: Queries, keys, values, bias and dropout.
  ///   - scratch: `scratchCount` floats.
  public static func forward(
    output: Operand<UnsafeMutablePointer<Float>>, _ inputs: Inputs,
    scratch: UnsafeMutablePointer<Float>
  ) {
    inputs.layout.forEachHead("attention", products: 2, scratch: scratch) {
      _, queries, keys, head, place, p in
      inputs.forEachBlock(queries, keys) { block in
        inputs.probabilities(into: p, block, keys, head)
        inputs.block(block, queries, keys, head, place, p).mix(inputs.v, into: output)
      }
    }
  }

  /// The gradients of `forward`; overwrites dq, dk and dv (a sequence without queries leaves its
  /// rows of dk and dv alone: clear them before).
  ///
  /// - Parameters:
  ///   - dq: As q.
  ///   - dk: As k.
  ///   - dv: As v.
  ///   - doutput: The gradient of the output.
  ///   - dbias: `[sequenceCount, headCount, 2 * span - 1]` of zeros, takes the gradient of the bias,
  ///     sequence by sequence; nil without one.
  ///   - inputs: Those of the forward pass.
  ///   - scratch: `scratchCount` floats.
  public static func backward(
    dq: Operand<UnsafeMutablePointer<Float>>, dk: Operand<UnsafeMutablePointer<Float>>,
    dv: Operand<UnsafeMutablePointer<Float>>, doutput: Operand<UnsafePointer<Float>>,
    dbias: UnsafeMutablePointer<Float>? = nil, _ inputs: Inputs,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let layout = inputs.layout
    let biasCount = inputs.bias?.count ?? 0
    layout.forEachHead("attention", products: 5, scratch: scratch) {
      s, queries, keys, head, place, p in
      let biasSums = dbias.map { $0 + (s * layout.headCount + head) * biasCount }
      inputs.forEachBlock(queries, keys) { rows in
        // Sums over the queries: the first block overwrites, others add, in their order.
        let accumulates = rows.lowerBound > queries.lowerBound
        let block = inputs.block(rows, queries, keys, head, place, p)
        inputs.probabilities(into: p, rows, keys, head)
        block.mixSlopes(doutput, inputs.v, dv: dv, accumulates: accumulates)
        inputs.scoreSlopes(block.slopes, p, rows, keys, biasSums: biasSums)
        block.scoreSlopes(
          inputs.q, inputs.k, dq: dq, dk: dk, addsToQueries: false, addsToKeys: accumulates)
      }
    }
  }
}

extension AttentionKernel.Operand where Pointer == UnsafePointer<Float> {
  /// What lies from a row and a column on.
  func at(_ row: Int, _ column: Int, transposed: Bool = false) -> MatrixOperand {
    MatrixOperand(pointer + row * stride + column, stride: stride, transposed: transposed)
  }
}

extension AttentionKernel.Operand where Pointer == UnsafeMutablePointer<Float> {
  /// The element in a row and a column.
  func at(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> {
    pointer + row * stride + column
  }
}
