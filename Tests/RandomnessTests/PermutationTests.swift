import Randomness
import Testing

@Suite struct PermutationTests {
  @Test(arguments: [1, 2, 3, 4, 5, 7, 16, 17, 100, 1023, 1024, 1025, 65_537])
  func everyPlaceIsVisitedOnceAndTheInverseLeadsBack(count: Int) {
    let permutation = Permutation(count: count, key: RandomKey(seed: UInt64(count)))
    var seen = [Bool](repeating: false, count: count)
    for place in 0..<count {
      let value = permutation[place]
      #expect(!seen[value])
      seen[value] = true
      #expect(permutation.place(of: value) == place)
    }
  }

  @Test(arguments: [Int.max, 1 << 62, (1 << 40) + 3])
  func hugePermutationsWorkWithoutMemory(count: Int) {
    let permutation = Permutation(count: count, key: RandomKey(seed: 1))
    for place in [0, 1, count / 2, count - 1] {
      let value = permutation[place]
      #expect(value >= 0 && value < count)
      #expect(permutation.place(of: value) == place)
    }
  }

  /// Over many keys every order of a few places must be equally likely.
  @Test(arguments: [(2, 2), (3, 6), (4, 24), (5, 120)])
  func allOrdersAreEquallyLikely(count: Int, orderCount: Int) {
    var seen: [[Int]: Int] = [:]
    let trialCount = 200 * orderCount
    for trial in 0..<UInt64(trialCount) {
      let permutation = Permutation(count: count, key: RandomKey(seed: 5).derived(trial))
      seen[(0..<count).map { permutation[$0] }, default: 0] += 1
    }
    #expect(seen.count == orderCount)
    let chiSquare = seen.values.reduce(0.0) { $0 + Double(($1 - 200) * ($1 - 200)) / 200 }
    let freedom = Double(orderCount - 1)
    #expect(abs(chiSquare - freedom) < 4.5 * (2 * freedom).squareRoot())
  }

  /// Where a place goes must say nothing of where its neighbour goes.
  @Test func neighboursAreScattered() {
    let count = 10_000
    let permutation = Permutation(count: count, key: RandomKey(seed: 6))
    var sum = 0.0
    let mean = Double(count - 1) / 2
    for place in 0..<count - 1 {
      sum += (Double(permutation[place]) - mean) * (Double(permutation[place + 1]) - mean)
    }
    // The correlation of 10,000 pairs has a standard deviation of 0.01.
    let variance = Double(count) * Double(count) / 12
    #expect(abs(sum / Double(count) / variance) < 0.04)
  }

  @Test func keysGiveDifferentOrders() {
    let one = Permutation(count: 1000, key: RandomKey(seed: 1))
    let other = Permutation(count: 1000, key: RandomKey(seed: 2))
    let equal = (0..<1000).count { one[$0] == other[$0] }
    #expect(equal < 10)
  }
}
