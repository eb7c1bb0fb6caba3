import Collectives
import DataParallel

/// The sum of values in the order of the tree, straight from its definition.
func referenceSum(_ values: [Float]) -> Float {
  func node(_ start: Int, _ size: Int) -> Float {
    if size == 1 { return values[start] }
    let left = node(start, size / 2)
    return start + size / 2 < values.count ? left + node(start + size / 2, size / 2) : left
  }
  var size = 1
  while size < values.count { size *= 2 }
  return node(0, size)
}

/// Two to the power of `exponent`, also far below the normal numbers.
func exp2(_ exponent: Float) -> Float {
  Float(sign: .plus, exponent: Int(exponent), significand: 1)
}

/// Gradients of micro-batches that show every change of order: all magnitudes, denormals, zeros of
/// both signs, cancellation.
struct GradientSamples: Sendable {
  static let floatCount = 5 * GradientReducer.blockSize + 77
  static let most = 33

  /// The gradients, by micro-batch.
  let leaves: [[Float]]
  /// The sums over the first n micro-batches, at n - 1.
  let sums: [[Float]]

  static let shared = GradientSamples()

  private init() {
    let leaves = (0..<Self.most).map { leaf in
      (0..<Self.floatCount).map { Self.value(leaf, $0) }
    }
    self.leaves = leaves
    sums = (1...Self.most).map { count in
      var column = [Float](repeating: 0, count: count)
      return (0..<Self.floatCount).map { place in
        for leaf in 0..<count { column[leaf] = leaves[leaf][place] }
        return referenceSum(column)
      }
    }
  }

  private static func value(_ leaf: Int, _ place: Int) -> Float {
    var bits = UInt64(leaf) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(place) &* 0xD6E8_FEB8_6659_FD93
    for _ in 0..<3 {
      bits ^= bits >> 32
      bits &*= 0xD6E8_FEB8_6659_FD93
    }
    let significand = Float(bits >> 40) / Float(1 << 24) - 0.5
    return switch bits & 7 {
    case 0: significand * exp2(-130)  // denormal or nearly so
    case 1: significand * exp2(90)
    case 2: bits & 8 == 0 ? 0 : -0.0
    case 3: significand * exp2(Float(bits >> 8 & 31))
    default: significand
    }
  }
}

/// Ways to cut the store into buckets.
enum BucketCut: String, CaseIterable, Sendable {
  case one, backwards, blocks

  var buckets: [Range<Int>] {
    let block = GradientReducer.blockSize
    let end = GradientSamples.floatCount
    return switch self {
    case .one: [0..<end]
    case .backwards: [3 * block..<end, block..<3 * block, 0..<block]
    case .blocks: (0..<6).map { $0 * block..<min(($0 + 1) * block, end) }
    }
  }
}

/// A sum that is not what the tree says.
struct WrongSum: Error, CustomStringConvertible {
  let description: String
}

/// Runs steps of different sizes through one reducer and compares every bit that this rank owns.
///
/// - Returns: the ranges that this rank owned in each step.
func reduceSamples(
  _ world: any Communicator, _ mode: GradientReducer.Mode, _ cut: BucketCut, counts: [Int]
) throws -> [[Range<Int>]] {
  let samples = GradientSamples.shared
  let floatCount = GradientSamples.floatCount
  let reducer = try GradientReducer(
    floatCount: floatCount, buckets: cut.buckets, over: world,
    microBatchCapacity: GradientSamples.most, mode: mode)
  return try counts.enumerated().map { step, count in
    try reducer.beginStep(microBatchCount: count)
    for leaf in reducer.microBatches {
      let buffer = reducer.gradientBuffer(forMicroBatch: leaf)
      buffer.update(repeating: .nan, count: floatCount)
      let isLast = leaf + 1 == reducer.microBatches.upperBound
      // Some ranks hand buckets on one by one and some all at the end; some dawdle.
      guard isLast, (world.rank + step) % 3 != 0 else {
        buffer.update(from: samples.leaves[leaf], count: floatCount)
        reducer.microBatchIsDone(leaf)
        continue
      }
      for (bucket, range) in cut.buckets.enumerated() {
        samples.leaves[leaf].withUnsafeBufferPointer { values in
          for place in range { buffer[place] = values[place] }
        }
        try reducer.bucketIsReady(bucket)
        try reducer.makeProgress()
      }
    }
    let result = try reducer.finish()
    for range in result.owned {
      for place in range
      where result.gradients[place].bitPattern != samples.sums[count - 1][place].bitPattern {
        throw WrongSum(
          description: "\(reducer.mode), \(count) micro-batches, rank \(world.rank) of "
            + "\(world.worldSize), float \(place): expected \(samples.sums[count - 1][place]), "
            + "found \(result.gradients[place])")
      }
    }
    return result.owned
  }
}

/// All step sizes in an order that goes up, down and repeats.
let stepSizes: [Int] = {
  let up = Array(1...GradientSamples.most)
  let jumps = up.map { $0 * 10 % (GradientSamples.most + 1) }.filter { $0 > 0 }
  return jumps + [33, 33, 1, 33, 1, 1, 32] + up.reversed()
}()
