import Tensors
import Testing

/// Attention that knows positions goes through long sequences in blocks of queries; here against plain
/// formulas out of single operations, with one head.
struct LongRelativeAttentionTests {
  private static let width = 4
  private static let tolerance: Float = 2e-5

  /// Longer than two blocks of 128, and windows that end inside of blocks or hold everything.
  @Test(arguments: [0, 1, 20, 63, 200, 400])
  func windowsEqualAMask(window: Int) {
    let length = 301
    let places = (0..<length).map { Int32($0) }
    let offsets = [0, Int32(length)]
    let mask = Self.mask(places, length: length, window: window)
    check([length, length, length]) {
      .attention(
        queries: .init($0[0]), keys: .init($0[1]), values: .init($0[2]), queryOffsets: offsets,
        keyOffsets: offsets, queryPlaces: places, window: window, headCount: 1)
    } plain: {
      let scores = $0[0].matmul($0[1].transposed(0, 1)) * 0.5
      return (scores + mask).softmax().matmul($0[2])
    }
  }

  /// Few queries far from one another, so that blocks end where they would reach too far.
  @Test func windowsOfSomeQueriesAreThoseOfAll() {
    let length = 301
    let chosen = (0..<length).filter { $0 * 7 % 10 < 2 || $0 > 280 }
    let places = chosen.map { Int32($0) }
    let mask = Self.mask(places, length: length, window: 9)
    check([length, length, length]) {
      .attention(
        queries: .init($0[0].gatherRows(places)), keys: .init($0[1]), values: .init($0[2]),
        queryOffsets: [0, Int32(places.count)], keyOffsets: [0, Int32(length)],
        queryPlaces: places, window: 9, headCount: 1)
    } plain: {
      let scores = $0[0].gatherRows(places).matmul($0[1].transposed(0, 1)) * 0.5
      return (scores + mask).softmax().matmul($0[2])
    }
  }

  /// Longer than two blocks of 64.
  @Test func disentangledAttentionIsTheSumOfThreeProducts() {
    let length = 150
    let places = (0..<length).map { Int32($0) }
    let offsets = [0, Int32(length)]
    let relative = RelativeBuckets(bucketCount: 16, maximum: 40).rows(length: length)
    let rows = relative.rows.count
    /// The row for query i and key j at `i * length + j`.
    let pairs: [Int32] = (0..<length * length).map { pair in
      let distance = pair / length - pair % length
      return relative.distanceRows[distance + length - 1]
    }
    let turned: [Int32] = (0..<length * length).map { pair in
      let (key, query) = (pair / length, pair % length)
      return pairs[query * length + key]
    }
    check([length, length, length, rows, rows]) {
      .disentangledAttention(
        queries: .init($0[0]), keys: .init($0[1]), values: .init($0[2]),
        relative: .init(
          keys: .init($0[3]), queries: .init($0[4]), distanceRows: relative.distanceRows),
        queryOffsets: offsets, keyOffsets: offsets, queryPlaces: places, headCount: 1, scale: 0.3)
    } plain: {
      func products(_ x: Tensor, _ table: Tensor, _ rows: [Int32]) -> Tensor {
        table.gatherRows(rows).reshaped([length, length, Self.width])
          .matmul(x.reshaped([length, Self.width, 1])).reshaped([length, length])
      }
      let contents = $0[0].matmul($0[1].transposed(0, 1))
      let positions = products($0[0], $0[3], pairs)
      let scores = contents + positions + products($0[1], $0[4], turned).transposed(0, 1)
      return (scores * 0.3).softmax().matmul($0[2])
    }
  }

  /// 0 where a query sees a key, and far below any score elsewhere.
  private static func mask(_ places: [Int32], length: Int, window: Int) -> Tensor {
    var elements: [Float] = []
    for place in places {
      for key in 0..<length { elements.append(abs(Int(place) - key) <= window ? 0 : -1e9) }
    }
    return Tensor(elements, shape: [places.count, length])
  }

  /// Compares results and the gradients of all operands, each `[rows, width]`.
  private func check(
    _ rows: [Int], _ blocks: ([Tensor]) -> Tensor, plain: ([Tensor]) -> Tensor
  ) {
    func leaves() -> [Tensor] {
      rows.enumerated().map { index, rows in
        Tensor(
          numbers(rows * Self.width, seed: UInt64(index + 1)), shape: [rows, Self.width],
          requiresGradient: true)
      }
    }
    let (found, wanted) = (leaves(), leaves())
    let (y, z) = (blocks(found), plain(wanted))
    let slope = Tensor(numbers(y.count, seed: 9), shape: y.shape)
    for result in [y, z] { (result * slope).sum().backward() }
    #expect(Self.deviation(y.elements, z.elements) < Self.tolerance)
    for (found, wanted) in zip(found, wanted) {
      let deviation = Self.deviation(
        found.gradientElements ?? [], wanted.gradientElements ?? [.nan])
      #expect(deviation < Self.tolerance)
    }
  }

  private static func deviation(_ found: [Float], _ wanted: [Float]) -> Float {
    guard found.count == wanted.count else { return .infinity }
    let largest = max(wanted.map(abs).max() ?? 1, 1e-3)
    return zip(found, wanted).map { abs($0 - $1) }.max().map { $0 / largest } ?? .infinity
  }
}
