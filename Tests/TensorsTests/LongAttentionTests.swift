import Tensors
import Testing

/// Attention goes through long sequences in blocks of queries; here against the plain formula.
struct LongAttentionTests {
  private static let (length, width, headCount) = (301, 6, 2)
  private static let tolerance: Float = 2e-5

  @Test func blocksEqualTheWhole() {
    let inputs = Inputs()
    let blocks = inputs.tensors
    let y = Tensor.attention(
      queries: blocks[0], keys: blocks[1], values: blocks[2],
      queryOffsets: [0, Int32(Self.length)], keyOffsets: [0, Int32(Self.length)],
      headCount: Self.headCount)
    (y * inputs.slope).sum().backward()
    let plain = inputs.tensors
    let wanted = Self.plainAttention(plain[0], plain[1], plain[2])
    (wanted * inputs.slope).sum().backward()
    #expect(Self.deviation(y.elements, wanted.elements) < Self.tolerance)
    for (block, plain) in zip(blocks, plain) {
      let found = block.gradientElements ?? []
      #expect(Self.deviation(found, plain.gradientElements ?? [.nan]) < Self.tolerance)
    }
  }

  @Test func droppedScoresAreDroppedOnTheWayBack() {
    let inputs = Inputs()
    func loss(_ tensors: [Tensor]) -> Tensor {
      let y = Tensor.attention(
        queries: tensors[0], keys: tensors[1], values: tensors[2],
        queryOffsets: [0, Int32(Self.length)], keyOffsets: [0, Int32(Self.length)],
        headCount: Self.headCount, dropout: Dropout(probability: 0.3, key: 5))
      return (y * inputs.slope).sum()
    }
    let tensors = inputs.tensors
    loss(tensors).backward()
    // The loss is linear in the values, so its slope along them is exact whatever the step.
    var moved = inputs.elements
    let direction = Inputs.numbers(seed: 9)
    for i in moved[2].indices { moved[2][i] += direction[i] }
    let before = loss(inputs.tensors).item()
    let after = loss(Inputs.tensors(moved)).item()
    let slope = zip(tensors[2].gradientElements ?? [], direction).reduce(Float(0)) {
      $0 + $1.0 * $1.1
    }
    #expect(abs(after - before - slope) < 1e-3 * max(1, abs(slope)))
  }

  /// softmax(q kᵀ / √d) v head by head, out of single operations.
  private static func plainAttention(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
    func heads(_ x: Tensor) -> Tensor {
      x.reshaped([length, headCount, width / headCount]).transposed(0, 1)
    }
    let scale = 1 / Float(width / headCount).squareRoot()
    let scores = heads(q).matmul(heads(k).transposed(1, 2)) * scale
    return scores.softmax().matmul(heads(v)).transposed(0, 1).reshaped([length, width])
  }

  private static func deviation(_ found: [Float], _ wanted: [Float]) -> Float {
    guard found.count == wanted.count else { return .infinity }
    let largest = wanted.map(abs).max() ?? 1
    return zip(found, wanted).map { abs($0 - $1) }.max().map { $0 / largest } ?? .infinity
  }

  private struct Inputs {
    let elements = (1...3).map { Self.numbers(seed: UInt64($0)) }
    let slope = Tensor(Self.numbers(seed: 4), shape: [length, width])
    var tensors: [Tensor] { Self.tensors(elements) }

    static func tensors(_ elements: [[Float]]) -> [Tensor] {
      elements.map { Tensor($0, shape: [length, width], requiresGradient: true) }
    }

    static func numbers(seed: UInt64) -> [Float] {
      var state = seed &* 0x9E37_79B9_7F4A_7C15
      return (0..<length * width).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
      }
    }
  }
}
