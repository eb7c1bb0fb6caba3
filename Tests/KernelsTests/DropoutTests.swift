import CKernels
import Glibc
import Kernels
import Testing

/// The mask, a hash of key and index, against chance.
struct DropoutTests {
  private static let count = 1 << 18

  @Test(arguments: oddSizes)
  func keepsAndScalesOrDrops(_ count: Int) {
    let x = numbers(count)
    let dropout = ck_dropout(probability: 0.25, key: 77)
    let y = written(count) { DropoutKernel.apply($0, x, count: count, dropout) }
    #expect(zip(x, y).allSatisfy { $1 == 0 || $1 == $0 * Float(1 / 0.75) })
    #expect(written(count) { DropoutKernel.apply($0, x, count: count, .none) } == x)
  }

  /// Threads and micro-batches begin anywhere.
  @Test(arguments: [1, 7, 16, 100])
  func maskDependsOnTheIndexAlone(_ first: Int) {
    let whole = Self.keeps(0.5, key: 5, count: 300)
    let ones = [Float](repeating: 1, count: 300)
    let part = written(300 - first) {
      ck_dropout_apply(
        $0, ones, Int64(first), Int64(300 - first), ck_dropout(probability: 0.5, key: 5))
    }
    #expect(part.map { $0 != 0 } == Array(whole[first...]))
  }

  @Test(arguments: [0.01, 0.1, 0.3, 0.5, 0.9], [UInt64(0), 1, 0x0123_4567_89AB_CDEF, .max])
  func shareOfWhatIsDroppedIsTheProbability(probability: Double, key: UInt64) {
    let dropped = Self.keeps(probability, key: key).count { !$0 }
    let deviation = (Double(Self.count) * probability * (1 - probability)).squareRoot()
    #expect(abs(Double(dropped) - Double(Self.count) * probability) < 4.5 * deviation)
  }

  /// Neighbours in a vector, the same lane of neighbouring vectors, rows of usual widths.
  @Test(arguments: [1, 2, 3, 8, 15, 16, 17, 64, 128, 768, 3_072, 65_536], [0.1, 0.5])
  func elementsAreIndependentOfOthers(distance: Int, probability: Double) {
    let mask = Self.keeps(probability, key: 0xABCD_EF01_2345_6789)
    let statistic = Self.chiSquare(mask, Array(mask[distance...] + mask[..<distance]))
    #expect(statistic < Self.limit, "χ² = \(statistic)")
  }

  /// Keys of neighbouring places, micro-batches and steps, as a caller may number them.
  @Test(arguments: [0, 1, 2, 7, 8, 15, 16, 24, 31, 32, 33, 40, 47, 48, 56, 63], [0.1, 0.5])
  func masksOfKeysThatDifferInOneBitAreIndependent(bit: Int, probability: Double) {
    for key: UInt64 in [0, 0x0123_4567_89AB_CDEF] {
      let statistic = Self.chiSquare(
        Self.keeps(probability, key: key), Self.keeps(probability, key: key ^ (1 << bit)))
      #expect(statistic < Self.limit, "χ² = \(statistic)")
    }
  }

  @Test(arguments: [0.1, 0.5])
  func masksOfCountedKeysAreIndependent(probability: Double) {
    let masks = (0..<12).map { Self.keeps(probability, key: $0) }
    for first in masks.indices {
      for second in masks.indices.dropFirst(first + 1) {
        let statistic = Self.chiSquare(masks[first], masks[second])
        #expect(statistic < Self.limit, "keys \(first) and \(second): χ² = \(statistic)")
      }
    }
  }

  /// Runs of kept and dropped elements are as long as those of a coin: 16 neighbours make every
  /// pattern equally often.
  @Test func patternsOfSixteenNeighboursAreEquallyFrequent() {
    let mask = Self.keeps(0.5, key: 99, count: 1 << 22)
    var counts = [Int](repeating: 0, count: 4_096)
    for start in stride(from: 0, to: mask.count, by: 16) {
      var pattern = 0
      for lane in 0..<12 { pattern = pattern * 2 + (mask[start + lane] ? 1 : 0) }
      counts[pattern] += 1
    }
    let expected = Double(mask.count / 16) / 4_096
    let statistic = counts.reduce(0) { $0 + pow(Double($1) - expected, 2) / expected }
    // χ² of 4,095 degrees: mean 4,095, standard deviation 90.
    #expect(abs(statistic - 4_095) < 5 * 90, "χ² = \(statistic)")
  }

  /// χ² of one degree of freedom exceeds this once in 15 million.
  private static let limit = 29.0

  private static func keeps(_ probability: Double, key: UInt64, count: Int = count) -> [Bool] {
    let ones = [Float](repeating: 1, count: count)
    let kept = written(count) {
      DropoutKernel.apply($0, ones, count: count, ck_dropout(probability: probability, key: key))
    }
    return kept.map { $0 != 0 }
  }

  /// Pearson's χ² of the four combinations of two masks.
  private static func chiSquare(_ first: [Bool], _ second: [Bool]) -> Double {
    var counts = [0.0, 0, 0, 0]
    for (a, b) in zip(first, second) { counts[(a ? 2 : 0) + (b ? 1 : 0)] += 1 }
    let total = Double(first.count)
    let (a, b) = ((counts[2] + counts[3]) / total, (counts[1] + counts[3]) / total)
    let expected = [(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b].map { $0 * total }
    return zip(counts, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
  }
}
