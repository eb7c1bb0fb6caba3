import Randomness
import Testing

@Suite struct RandomStreamTests {
  @Test func aKeyAlwaysNamesTheSameStream() {
    var first = RandomStream(RandomKey(seed: 5))
    var second = RandomStream(RandomKey(seed: 5))
    let numbers = (0..<100).map { _ in first.next() }
    #expect(numbers == (0..<100).map { _ in second.next() })
  }

  /// Frozen values: initial parameters of every model come from here.
  @Test func drawsNeverChange() {
    var stream = RandomStream(RandomKey(seed: 1))
    #expect(stream.next() == 16_326_800_385_650_405_095)
    #expect(stream.uniform() == 0.91346943)
    #expect(stream.uniformDouble() == 0.6732237466534867)
    #expect(stream.normal() == 1.3703083)
    #expect(stream.normal() == -0.94346505)
    #expect(stream.below(1000) == 206)
  }

  @Test func uniformNumbersHaveTheirMeanAndVariance() {
    var stream = RandomStream(RandomKey(seed: 2))
    let count = 200_000
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<count {
      let number = Double(stream.uniform())
      #expect(number >= 0 && number < 1)
      sum += number
      squares += (number - 0.5) * (number - 0.5)
    }
    // Standard deviations: 1/√12/√n = 0.00065 and √(1/180)/√n = 0.00017; four of each.
    #expect(abs(sum / Double(count) - 0.5) < 0.0026)
    #expect(abs(squares / Double(count) - 1.0 / 12) < 0.00067)
  }

  @Test func normalNumbersHaveTheirMoments() {
    var stream = RandomStream(RandomKey(seed: 3))
    let count = 200_000
    var moments = [0.0, 0.0, 0.0, 0.0]
    var withinOne = 0
    for _ in 0..<count {
      let number = Double(stream.normal())
      var power = 1.0
      for order in 0..<4 {
        power *= number
        moments[order] += power / Double(count)
      }
      if abs(number) < 1 { withinOne += 1 }
    }
    // Variances of the moments: 1/n, 2/n, 15/n, 96/n; four standard deviations of each.
    #expect(abs(moments[0]) < 0.0090)
    #expect(abs(moments[1] - 1) < 0.0127)
    #expect(abs(moments[2]) < 0.0347)
    #expect(abs(moments[3] - 3) < 0.0877)
    #expect(abs(Double(withinOne) / Double(count) - 0.682_689) < 0.0042)
  }

  @Test(arguments: [1, 2, 3, 10, 401, 30_522])
  func numbersBelowABoundAreEvenlySpread(bound: Int) {
    var stream = RandomStream(RandomKey(seed: UInt64(bound)))
    let count = 100 * bound
    var seen = [Int](repeating: 0, count: bound)
    for _ in 0..<count { seen[stream.below(bound)] += 1 }
    let chiSquare = seen.reduce(0.0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
    let freedom = Double(bound - 1)
    #expect(abs(chiSquare - freedom) <= 4.5 * (2 * freedom).squareRoot())
  }

  @Test func numbersBelowAHugeBoundStayBelowIt() {
    var stream = RandomStream(RandomKey(seed: 9))
    let bound = 3 << 61
    var above = 0
    for _ in 0..<3000 {
      let number = stream.below(bound)
      #expect(number >= 0 && number < bound)
      if number >= 1 << 62 { above += 1 }
    }
    // A third of the range lies above 2⁶²; a biased draw by remainder would halve it.
    #expect(abs(above - 1000) < 120)
  }

  @Test func everyBitIsFairAndBytesAreEven() {
    var stream = RandomStream(RandomKey(seed: 4))
    let count = 65_536
    var bits = [Int](repeating: 0, count: 64)
    var bytes = [Int](repeating: 0, count: 256)
    for _ in 0..<count {
      let word = stream.next()
      for bit in 0..<64 { bits[bit] += Int(word >> UInt64(bit) & 1) }
      for byte in 0..<8 { bytes[Int(word >> UInt64(8 * byte) & 255)] += 1 }
    }
    let expectedBits = Double(count) / 2
    let bitChiSquare = bits.reduce(0.0) { sum, seen in
      let distance = Double(seen) - expectedBits
      return sum + distance * distance / (expectedBits / 2)
    }
    let expectedBytes = Double(count) / 32
    let byteChiSquare = bytes.reduce(0.0) { sum, seen in
      let distance = Double(seen) - expectedBytes
      return sum + distance * distance / expectedBytes
    }
    #expect(abs(bitChiSquare - 64) < 4.5 * 128.0.squareRoot())
    #expect(abs(byteChiSquare - 255) < 4.5 * 510.0.squareRoot())
  }

  /// Streams of neighbouring keys must agree in half of their bits and not correlate.
  @Test(arguments: [1, 2, 64, 1 << 32])
  func neighbouringKeysAreIndependent(distance: UInt64) {
    let keyCount = 4000
    var equalBits = 0
    var product = 0.0
    for index in 0..<UInt64(keyCount) {
      let parent = RandomKey(seed: 11)
      var one = RandomStream(parent.derived(index))
      var other = RandomStream(parent.derived(index &+ distance))
      let (left, right) = (one.next(), other.next())
      equalBits += (~(left ^ right)).nonzeroBitCount
      product += (one.uniformDouble() - 0.5) * (other.uniformDouble() - 0.5)
    }
    // 256,000 fair bits: standard deviation 253; the product's is 1/12/√4000 = 0.00132.
    #expect(abs(equalBits - keyCount * 32) < 1140)
    #expect(abs(product / Double(keyCount)) < 0.0060)
  }
}
