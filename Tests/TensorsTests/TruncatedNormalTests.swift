import Tensors
import Testing

struct TruncatedNormalTests {
  private static let count = 40_000

  private static func values(cutoff: Float?) -> [Float] {
    var declarations = ParameterDeclarations()
    let parameter = declarations.parameter(
      "w", shape: [count], .normal(deviation: 0.5, cutoff: cutoff))
    let store = ParameterStore(declarations) { _ in 77 }
    defer { withExtendedLifetime(store) {} }
    return parameter.elements
  }

  @Test func onlyNumbersBeyondTheCutoffAreDrawnAgain() {
    let all = Self.values(cutoff: nil)
    let cut = Self.values(cutoff: 2)
    let outliers = all.indices.filter { abs(all[$0]) > 1 }
    // 4.55 % of 40,000, with a deviation of 42.
    #expect((1_610...2_030).contains(outliers.count))
    #expect(all.indices.filter { all[$0] != cut[$0] } == outliers)
    #expect(cut.allSatisfy { abs($0) <= 1 })
    #expect(Set(outliers.map { cut[$0] }).count > outliers.count * 9 / 10)
  }

  @Test func theDeviationIsThatOfTheCutDistribution() {
    let cut = Self.values(cutoff: 2)
    let mean = cut.reduce(0, +) / Float(Self.count)
    let deviation = (cut.reduce(0) { $0 + $1 * $1 } / Float(Self.count)).squareRoot()
    // 0.8796 times 0.5; both are known to about 0.003.
    #expect(abs(mean) < 0.01)
    #expect(abs(deviation - 0.4398) < 0.01)
  }
}
