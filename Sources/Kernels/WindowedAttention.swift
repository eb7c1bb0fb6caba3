public import CKernels

/// Scaled dot-product attention in which a query sees only keys that lie near it in its sequence.
///
/// Scores exist for one block of neighbouring queries and the keys that any of them sees, so time and
/// memory grow with the length of a sequence and not with its square.
///
/// Source: Beltagy et al. 2020, "sliding window"; `scaled_dot_product_attention` with a mask that is
/// true where |query - key| <= window.
public enum WindowedAttentionKernel {
  /// Where sequences and windows begin, and the sizes of heads.
  public struct Layout {
    /// Neighbouring queries, and all keys that one of them sees; rows of the matrices.
    private struct Block {
      let queries: Range<Int>
      let keys: Range<Int>
      /// Where its scores begin among those of the sequence's first head.
      let place: Int

      var scoreCount: Int { queries.count * keys.count }
    }

    let headCount: Int
    let headSize: Int
    private let window: Int
    private let queryPlaces: [Int32]
    private let keyOffsets: [Int32]
    private var blocks: [[Block]] = []
    /// Where the dropout of each sequence's scores begins in its stream.
    private var scoreOffsets = [0]

    /// Sequence s has the queries `queryOffsets[s]..<queryOffsets[s + 1]`, and keys likewise; query i
    /// stands at `queryPlaces[i]` in its sequence and sees keys at most `window` places away.
    ///
    /// - Precondition: Offsets ascend from 0; in a sequence places ascend and are places of keys.
    public init(
      queryOffsets: [Int32], keyOffsets: [Int32], queryPlaces: [Int32], window: Int,
      headCount: Int, headSize: Int
    ) {
      precondition(
        queryOffsets.count == keyOffsets.count && queryOffsets.first == 0 && keyOffsets.first == 0
          && Int(queryOffsets.last ?? 0) == queryPlaces.count && window >= 0,
        "\(queryOffsets.count - 1) query sequences, \(keyOffsets.count - 1) key sequences, "
          + "\(queryPlaces.count) places, window \(window)")
      self.window = window
      self.queryPlaces = queryPlaces
      self.keyOffsets = keyOffsets
      self.headCount = headCount
      self.headSize = headSize
      for s in 0..<queryOffsets.count - 1 {
        let queries = Int(queryOffsets[s])..<Int(queryOffsets[s + 1])
        precondition(
          queries.allSatisfy { keyRow(of: $0, s) < Int(keyOffsets[s + 1]) && queryPlaces[$0] >= 0 }
            && zip(queryPlaces[queries], queryPlaces[queries].dropFirst()).allSatisfy { $0 < $1 },
          "sequence \(s): places \(queryPlaces[queries]) of "
            + "\(keyOffsets[s + 1] - keyOffsets[s]) keys")
        blocks.append(blocks(of: queries, s))
        let last = blocks[s].last
        scoreOffsets.append(
          scoreOffsets[s] + headCount * ((last?.place ?? 0) + (last?.scoreCount ?? 0)))
      }
    }

    /// How many floats of scratch memory forward or backward need.
    public var scratchCount: Int { pieceCount * largestBlock * 2 }

    private static let groupSize = 4
    private static let blockSize = 128
    private var groupCount: Int { (headCount + Self.groupSize - 1) / Self.groupSize }
    private var pieceCount: Int { blocks.count * groupCount }
    private var largestBlock: Int { blocks.joined().map(\.scoreCount).max() ?? 0 }

    /// The row of the key at a query's own place.
    private func keyRow(of query: Int, _ s: Int) -> Int {
      Int(keyOffsets[s]) + Int(queryPlaces[query])
    }

    /// The keys that a query sees.
    private func keys(of query: Int, _ s: Int) -> Range<Int> {
      let own = keyRow(of: query, s)
      return max(Int(keyOffsets[s]), own - window)..<min(Int(keyOffsets[s + 1]), own + window + 1)
    }

    /// Queries are cut where a block would reach over more keys than a few windows.
    private func blocks(of queries: Range<Int>, _ s: Int) -> [Block] {
      let reach = max(Self.blockSize, 2 * window)
      var blocks: [Block] = []
      var (first, place) = (queries.lowerBound, 0)
      for query in queries {
        let next = query + 1
        guard
          next == queries.upperBound || next - first == Self.blockSize
            || Int(queryPlaces[next] - queryPlaces[first]) >= reach
        else { continue }
        let block = Block(
          queries: first..<next,
          keys: keys(of: first, s).lowerBound..<keys(of: query, s).upperBound,
          place: place)
        blocks.append(block)
        (first, place) = (next, place + block.scoreCount)
      }
      return blocks
    }

    /// Calls `body` for every block of every sequence and head.
    ///
    /// It takes the place of the block's first score in the dropout stream and two blocks of scratch
    /// memory. The blocks of a sequence come in their order, on one thread.
    fileprivate func forEachBlock(
      products: Double, scratch: UnsafeMutablePointer<Float>,
      _ body: (
        _ queries: Range<Int>, _ keys: Range<Int>, _ visible: (_ query: Int) -> Range<Int>,
        _ head: Int, _ place: Int, _ scratch: UnsafeMutablePointer<Float>
      ) -> Void
    ) {
      let size = largestBlock
      let flops = 2 * Double(scoreOffsets.last ?? 0) * Double(headSize) * products
      Profiler.shared.kernel("windowed attention", flops: flops) {
        ThreadPool.shared.run(pieceCount) { piece in
          let s = piece / groupCount
          let scores = (scoreOffsets[s + 1] - scoreOffsets[s]) / headCount
          let first = piece % groupCount * Self.groupSize
          for head in first..<min(headCount, first + Self.groupSize) {
            for block in blocks[s] {
              body(
                block.queries, block.keys, { keys(of: $0, s) }, head,
                scoreOffsets[s] + head * scores + block.place, scratch + piece * size * 2)
            }
          }
        }
      }
    }
  }

  /// What forward and backward read.
  public struct Inputs {
    let q, k, v: AttentionKernel.Operand<UnsafePointer<Float>>
    let layout: Layout
    let dropout: ck_dropout

    /// Queries, keys and values, where their sequences begin, and the dropout of the probabilities.
    public init(
      q: AttentionKernel.Operand<UnsafePointer<Float>>,
      k: AttentionKernel.Operand<UnsafePointer<Float>>,
      v: AttentionKernel.Operand<UnsafePointer<Float>>, _ layout: Layout, dropout: ck_dropout
    ) {
      (self.q, self.k, self.v) = (q, k, v)
      self.layout = layout
      self.dropout = dropout
    }

    /// A head's block, whose first score has a place in the dropout stream, in two blocks of memory.
    fileprivate func block(
      _ queries: Range<Int>, _ keys: Range<Int>, _ head: Int, _ place: Int,
      _ p: UnsafeMutablePointer<Float>
    ) -> AttentionBlock {
      AttentionBlock(
        queries: queries, keys: keys, column: head * layout.headSize, headSize: layout.headSize,
        probabilities: p, slopes: p + queries.count * keys.count, dropout: dropout, place: place)
    }

    fileprivate var scale: Float { 1 / Float(layout.headSize).squareRoot() }

    /// softmax(q kᵀ / √headSize) over the keys that each query sees, 0 at the others of the block.
    fileprivate func probabilities(
      into p: UnsafeMutablePointer<Float>, _ queries: Range<Int>, _ keys: Range<Int>,
      _ visible: (Int) -> Range<Int>, _ head: Int
    ) {
      let (d, n) = (layout.headSize, keys.count)
      AttentionKernel.multiply(
        into: p, stride: n, q.at(queries.lowerBound, head * d),
        k.at(keys.lowerBound, head * d, transposed: true), rows: queries.count, columns: n,
        inner: d)
      for query in queries {
        let row = p + (query - queries.lowerBound) * n
        let seen = visible(query)
        let (first, end) = (seen.lowerBound - keys.lowerBound, seen.upperBound - keys.lowerBound)
        row.update(repeating: 0, count: first)
        ck_softmax_forward(row + first, row + first, scale, 1, Int64(end - first))
        (row + end).update(repeating: 0, count: n - end)
      }
    }
  }

  /// Computes dropout(softmax(q kᵀ / √headSize)) v, within windows, into `output`.
  ///
  /// - Parameters:
  ///   - output: Rows as the queries have them.
  ///   - inputs: Queries, keys, values and dropout.
  ///   - scratch: `scratchCount` floats.
  public static func forward(
    output: AttentionKernel.Operand<UnsafeMutablePointer<Float>>, _ inputs: Inputs,
    scratch: UnsafeMutablePointer<Float>
  ) {
    inputs.layout.forEachBlock(products: 2, scratch: scratch) {
      queries, keys, visible, head, place, p in
      inputs.probabilities(into: p, queries, keys, visible, head)
      inputs.block(queries, keys, head, place, p).mix(inputs.v, into: output)
    }
  }

  /// The gradients of `forward`; overwrites dq and adds to dk and dv.
  ///
  /// - Parameters:
  ///   - dq: As q.
  ///   - dk: As k.
  ///   - dv: As v.
  ///   - doutput: The gradient of the output.
  ///   - inputs: Those of the forward pass.
  ///   - scratch: `scratchCount` floats.
  public static func backward(
    dq: AttentionKernel.Operand<UnsafeMutablePointer<Float>>,
    dk: AttentionKernel.Operand<UnsafeMutablePointer<Float>>,
    dv: AttentionKernel.Operand<UnsafeMutablePointer<Float>>,
    doutput: AttentionKernel.Operand<UnsafePointer<Float>>, _ inputs: Inputs,
    scratch: UnsafeMutablePointer<Float>
  ) {
    inputs.layout.forEachBlock(products: 5, scratch: scratch) {
      queries, keys, visible, head, place, p in
      let block = inputs.block(queries, keys, head, place, p)
      inputs.probabilities(into: p, queries, keys, visible, head)
      block.mixSlopes(doutput, inputs.v, dv: dv, accumulates: true)
      ck_softmax_backward(
        block.slopes, block.slopes, p, inputs.scale, Int64(queries.count), Int64(keys.count))
      block.scoreSlopes(
        inputs.q, inputs.k, dq: dq, dk: dk, addsToQueries: false, addsToKeys: true)
    }
  }
}
