import Glibc
import Kernels
import Testing

struct NormalTests {
  private static let count = 1 << 20

  @Test(arguments: oddSizes)
  func fillsWhatIsAskedAndScales(_ count: Int) {
    let unit = written(count) { NormalKernel.fill($0, count: count, deviation: 1, key: 3) }
    let small = written(count) { NormalKernel.fill($0, count: count, deviation: 0.02, key: 3) }
    let more = written(count + 50) {
      NormalKernel.fill($0, count: count + 50, deviation: 1, key: 3)
    }
    #expect(unit.allSatisfy { $0.isFinite })
    #expect(deviation(small, unit.map { 0.02 * Double($0) }) < 1e-7)
    #expect(Array(more.prefix(count)) == unit)
  }

  @Test(arguments: [UInt64(0), 1, 0x0123_4567_89AB_CDEF])
  func momentsAreThoseOfTheNormalDistribution(_ key: UInt64) {
    let x = Self.draws(key)
    func moment(_ power: Int) -> Double {
      x.reduce(0) { $0 + pow(Double($1), Double(power)) } / Double(x.count)
    }
    // The mean of xⁿ has the variance (E x²ⁿ - (E xⁿ)²) / count; 4.5 standard errors.
    let error = 4.5 / Double(Self.count).squareRoot()
    #expect(abs(moment(1)) < error)
    #expect(abs(moment(2) - 1) < error * 2.0.squareRoot())
    #expect(abs(moment(3)) < error * 15.0.squareRoot())
    #expect(abs(moment(4) - 3) < error * 96.0.squareRoot())
  }

  /// Kolmogorov and Smirnov's distance exceeds 2.5 / √count once in 130,000.
  @Test func distributionIsTheNormalOne() {
    let sorted = Self.draws(7).sorted()
    var distance = 0.0
    for (index, x) in sorted.enumerated() {
      let wanted = 0.5 * erfc(-Double(x) / 2.0.squareRoot())
      distance = max(
        distance, abs(Double(index) / Double(sorted.count) - wanted),
        abs(Double(index + 1) / Double(sorted.count) - wanted))
    }
    #expect(distance < 2.5 / Double(Self.count).squareRoot())
    #expect((sorted.last ?? 0) > 4.4 && (sorted.first ?? 0) < -4.4)
  }

  /// The two draws of a pair lie sixteen apart.
  @Test(arguments: [1, 2, 15, 16, 17, 32, 768])
  func drawsAreIndependentOfOthers(_ distance: Int) {
    let x = Self.draws(11)
    let other = Array(x[distance...] + x[..<distance])
    let limit = 4.5 / Double(Self.count).squareRoot()
    #expect(abs(Self.correlation(x, other)) < limit)
    // Signs and sizes of a pair come from one hash each: their sizes must not go together.
    #expect(abs(Self.correlation(x.map(Self.size), other.map(Self.size))) < limit)
  }

  @Test(arguments: [0, 1, 31, 32, 63])
  func drawsOfKeysThatDifferInOneBitAreIndependent(_ bit: Int) {
    let limit = 4.5 / Double(Self.count).squareRoot()
    #expect(abs(Self.correlation(Self.draws(5), Self.draws(5 ^ (1 << bit)))) < limit)
  }

  private static func draws(_ key: UInt64) -> [Float] {
    written(count) { NormalKernel.fill($0, count: count, deviation: 1, key: key) }
  }

  /// |x| without its mean.
  private static func size(_ x: Float) -> Float { abs(x) - 0.797_884_56 }

  private static func correlation(_ x: [Float], _ y: [Float]) -> Double {
    let product = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
    return product / squares
  }
}
