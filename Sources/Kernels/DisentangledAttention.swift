public import CKernels
internal import Glibc

/// Attention whose scores also compare contents with relative positions.
///
/// The score of query i and key j is qᵢ·kⱼ + qᵢ·rₖ[δ(i - j)] + kⱼ·r_q[δ(i - j)], times a scale: content
/// to content, content to position, position to content. δ is a table from distances to rows of r.
///
/// One piece of work is a head with all its sequences, since these share the gradients of r.
///
/// Source: He et al. 2021, equation 4; `DisentangledSelfAttention` of `transformers`' DeBERTa-v2.
public enum DisentangledAttentionKernel {
  /// Where sequences begin, the sizes of heads, and which row stands for a distance.
  public struct Layout {
    let queryOffsets: [Int32]
    let keyOffsets: [Int32]
    let queryPlaces: [Int32]
    let headCount: Int
    let headSize: Int
    /// For distances from `-(distanceRows.count / 2)` on.
    let distanceRows: [Int32]
    let rowCount: Int
    let scale: Float
    /// Where the dropout of each sequence's scores begins in its stream.
    private let scoreOffsets: [Int]

    /// Part s has the queries `queryOffsets[s]..<queryOffsets[s + 1]`, and keys likewise; query i
    /// stands at `queryPlaces[i]` in its sequence.
    ///
    /// - Precondition: Offsets ascend from 0, a sequence with queries has keys, and every distance
    ///   of a query and a key has a row.
    public init(
      queryOffsets: [Int32], keyOffsets: [Int32], queryPlaces: [Int32], headCount: Int,
      headSize: Int, distanceRows: [Int32], rowCount: Int, scale: Float
    ) {
      precondition(
        queryOffsets.count == keyOffsets.count && queryOffsets.first == 0 && keyOffsets.first == 0
          && Int(queryOffsets.last ?? 0) == queryPlaces.count
          && distanceRows.allSatisfy { 0 <= $0 && Int($0) < max(rowCount, 1) },
        "\(queryOffsets.count - 1) query sequences, \(keyOffsets.count - 1) key sequences, "
          + "\(queryPlaces.count) places, \(rowCount) rows of positions")
      self.queryOffsets = queryOffsets
      self.keyOffsets = keyOffsets
      self.queryPlaces = queryPlaces
      self.headCount = headCount
      self.headSize = headSize
      self.distanceRows = distanceRows
      self.rowCount = rowCount
      self.scale = scale
      var offsets = [0]
      for s in 0..<queryOffsets.count - 1 {
        let queries = Int(queryOffsets[s])..<Int(queryOffsets[s + 1])
        let keys = Int(keyOffsets[s + 1] - keyOffsets[s])
        precondition(
          keys <= (distanceRows.count + 1) / 2
            && queryPlaces[queries].allSatisfy { 0 <= $0 && Int($0) < keys },
          "sequence \(s): places \(queryPlaces[queries]) of \(keys) keys, "
            + "\(distanceRows.count) distances")
        offsets.append(offsets[s] + queries.count * keys * headCount)
      }
      scoreOffsets = offsets
    }

    /// How many floats of scratch memory forward or backward need.
    public var scratchCount: Int { headCount * pieceScratch }

    private static let blockSize = 64
    private var sequenceCount: Int { queryOffsets.count - 1 }
    private var longest: Int {
      (0..<sequenceCount).map { Int(keyOffsets[$0 + 1] - keyOffsets[$0]) }.max() ?? 0
    }
    /// Scores, products with positions of a block and of all keys, and the gradients of these.
    private var pieceScratch: Int {
      2 * (Self.blockSize * (longest + rowCount) + longest * rowCount)
    }

    /// Calls `body` for every head.
    func forEachHead(
      products: Double, scratch: UnsafeMutablePointer<Float>,
      _ body: (_ head: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
    ) {
      let flops = 2 * Double(scoreOffsets.last ?? 0) * Double(headSize) * products
      Profiler.shared.kernel("disentangled attention", flops: flops) {
        ThreadPool.shared.run(headCount) { body($0, scratch + $0 * pieceScratch) }
      }
    }

    /// Calls `body` for every sequence that has queries, in their order.
    func forEachSequence(
      _ head: Int, _ scratch: UnsafeMutablePointer<Float>, _ body: (_ sequence: Part) -> Void
    ) {
      for s in 0..<sequenceCount where queryOffsets[s] < queryOffsets[s + 1] {
        let keys = Int(keyOffsets[s])..<Int(keyOffsets[s + 1])
        body(
          Part(
            queries: Int(queryOffsets[s])..<Int(queryOffsets[s + 1]), keys: keys,
            place: scoreOffsets[s] + head * (scoreOffsets[s + 1] - scoreOffsets[s]) / headCount,
            blockSize: Self.blockSize, scratch: scratch, rowCount: rowCount))
      }
    }

    /// The row for the distance of a query to the first key; rows for later keys lie before it.
    func rows(_ query: Int, _ body: (UnsafePointer<Int32>) -> Void) {
      distanceRows.withUnsafeBufferPointer { rows in
        guard let base = rows.baseAddress else { return }
        body(base + distanceRows.count / 2 + Int(queryPlaces[query]))
      }
    }
  }

  /// A head's share of a sequence, and its scratch memory.
  struct Part {
    let queries: Range<Int>
    let keys: Range<Int>
    /// Where its scores begin in the dropout stream.
    let place: Int
    let blockSize: Int
    let scratch: UnsafeMutablePointer<Float>
    let rowCount: Int

    var blocks: [Range<Int>] {
      stride(from: queries.lowerBound, to: queries.upperBound, by: blockSize).map {
        $0..<min(queries.upperBound, $0 + blockSize)
      }
    }

    var scores: UnsafeMutablePointer<Float> { scratch }
    var slopes: UnsafeMutablePointer<Float> { scores + blockSize * keys.count }
    /// Products of a block's queries with positions, `[block, rowCount]`.
    var queryRows: UnsafeMutablePointer<Float> { slopes + blockSize * keys.count }
    var queryRowSlopes: UnsafeMutablePointer<Float> { queryRows + blockSize * rowCount }
    /// Products of all keys with positions, `[keys, rowCount]`.
    var keyRows: UnsafeMutablePointer<Float> { queryRowSlopes + blockSize * rowCount }
    var keyRowSlopes: UnsafeMutablePointer<Float> { keyRows + keys.count * rowCount }
  }

  /// What forward and backward read.
  public struct Inputs {
    let q, k, v: AttentionKernel.Operand<UnsafePointer<Float>>
    let positionKeys, positionQueries: AttentionKernel.Operand<UnsafePointer<Float>>?
    let layout: Layout
    let dropout: ck_dropout

    /// Queries, keys and values; the rows that queries and keys are compared with, `[rowCount, …]`
    /// or nil; where sequences begin, and the dropout of the probabilities.
    public init(
      q: AttentionKernel.Operand<UnsafePointer<Float>>,
      k: AttentionKernel.Operand<UnsafePointer<Float>>,
      v: AttentionKernel.Operand<UnsafePointer<Float>>,
      positionKeys: AttentionKernel.Operand<UnsafePointer<Float>>?,
      positionQueries: AttentionKernel.Operand<UnsafePointer<Float>>?, _ layout: Layout,
      dropout: ck_dropout
    ) {
      (self.q, self.k, self.v) = (q, k, v)
      (self.positionKeys, self.positionQueries) = (positionKeys, positionQueries)
      self.layout = layout
      self.dropout = dropout
    }

    /// A head's block of queries, with the keys of their sequence.
    func block(_ block: Range<Int>, _ s: Part, _ head: Int) -> AttentionBlock {
      AttentionBlock(
        queries: block, keys: s.keys, column: head * layout.headSize, headSize: layout.headSize,
        probabilities: s.scores, slopes: s.slopes, dropout: dropout,
        place: s.place + (block.lowerBound - s.queries.lowerBound) * s.keys.count)
    }

    /// The products of all keys of a sequence with positions.
    func compareKeys(_ s: Part, _ head: Int) {
      guard let positionQueries else { return }
      let d = layout.headSize
      AttentionKernel.multiply(
        into: s.keyRows, stride: s.rowCount, k.at(s.keys.lowerBound, head * d),
        positionQueries.at(0, head * d, transposed: true), rows: s.keys.count,
        columns: s.rowCount, inner: d)
    }

    /// The probabilities of a block of queries, in `scores`; after `compareKeys`.
    func probabilities(_ block: Range<Int>, _ s: Part, _ head: Int) {
      let (d, n) = (layout.headSize, s.keys.count)
      let queries = q.at(block.lowerBound, head * d)
      AttentionKernel.multiply(
        into: s.scores, stride: n, queries, k.at(s.keys.lowerBound, head * d, transposed: true),
        rows: block.count, columns: n, inner: d)
      if let positionKeys {
        AttentionKernel.multiply(
          into: s.queryRows, stride: s.rowCount, queries,
          positionKeys.at(0, head * d, transposed: true), rows: block.count, columns: s.rowCount,
          inner: d)
      }
      for (i, query) in block.enumerated() {
        layout.rows(query) { rows in
          ck_disentangled_forward(
            s.scores + i * n, positionKeys == nil ? nil : s.queryRows + i * s.rowCount,
            positionQueries == nil ? nil : s.keyRows, rows, Int64(n), Int64(s.rowCount))
        }
      }
      ck_softmax_forward(s.scores, s.scores, layout.scale, Int64(block.count), Int64(n))
    }
  }

  /// Computes dropout(softmax(scores)) v into `output`.
  ///
  /// - Parameters:
  ///   - output: Rows as the queries have them.
  ///   - inputs: Queries, keys, values, positions and dropout.
  ///   - scratch: `scratchCount` floats.
  public static func forward(
    output: AttentionKernel.Operand<UnsafeMutablePointer<Float>>, _ inputs: Inputs,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let layout = inputs.layout
    layout.forEachHead(products: 4, scratch: scratch) { head, scratch in
      layout.forEachSequence(head, scratch) { s in
        inputs.compareKeys(s, head)
        for block in s.blocks {
          inputs.probabilities(block, s, head)
          inputs.block(block, s, head).mix(inputs.v, into: output)
        }
      }
    }
  }
}
