import Tensors
import Testing

/// Every operation against finite differences of itself, and in every way to ask for a gradient.
struct OperationGradientTests {
  /// The kernels work on sixteen columns at a time.
  static let columnCounts = [1, 15, 16, 17, 33]
  static let names = OperationCase.all(rows: 3, columns: 2).map(\.name)

  /// Of slopes, which are sums of up to 600 results rounded by 1e-7 of their size of up to 10 and
  /// divided by the step, 0.03; found: 8.0e-5.
  private static let differenceTolerance = 4e-4
  /// Of sums that are made in another order.
  private static let sumTolerance: Float = 1e-5

  @Test(arguments: columnCounts, names)
  func gradientEqualsFiniteDifferences(columns: Int, name: String) throws {
    let operation = try Self.operation(name, columns: columns)
    let values = operation.values
    let (result, gradients) = operation.evaluate(values)
    let weights = OperationCase.weights(result.count)
    for (operand, gradient) in gradients.enumerated() {
      let gradient = try #require(gradient)
      let slopes = gradient.indices.map { index in
        Self.slope(at: values[operand][index]) { moved in
          var values = values
          values[operand][index] = moved
          return operation.weightedSum(values, weights)
        }
      }
      let worst = try #require(
        zip(gradient, slopes).map { abs(Double($0) - $1) / max(1, abs($1)) }.max())
      #expect(worst < Self.differenceTolerance, "operand \(operand): \(gradient), not \(slopes)")
    }
  }

  @Test(arguments: columnCounts, names)
  func gradientsOfSeveralUsesAreAdded(columns: Int, name: String) throws {
    let operation = try Self.operation(name, columns: columns)
    let once = operation.evaluate(operation.values).gradients
    let thrice = operation.evaluate(operation.values, useCount: 3).gradients
    for (once, thrice) in zip(once, thrice) {
      let once = try #require(once)
      let thrice = try #require(thrice)
      try #require(once.count == thrice.count)
      let largest = once.reduce(1) { max($0, abs($1)) }
      let worst = zip(once, thrice).map { abs($1 - 3 * $0) / largest }.max() ?? 0
      #expect(worst < Self.sumTolerance, "\(thrice), not 3 · \(once)")
    }
  }

  @Test(arguments: columnCounts, names)
  func gradientOfOneTensorAloneIsThatOfAll(columns: Int, name: String) throws {
    let operation = try Self.operation(name, columns: columns)
    let all = operation.evaluate(operation.values).gradients
    for leaf in operation.tensors.indices {
      let alone = operation.evaluate(operation.values, leaf: leaf).gradients
      for (operand, gradient) in alone.enumerated() {
        let isWanted = operand == leaf || operand >= operation.tensors.count
        #expect(gradient == (isWanted ? all[operand] : nil), "operand \(operand)")
      }
    }
  }

  private static func operation(_ name: String, columns: Int) throws -> OperationCase {
    try #require(OperationCase.all(rows: 3, columns: columns).first { $0.name == name })
  }

  /// A central difference of fourth order: its own error is below step⁴ / 30 times the fifth
  /// derivative.
  private static func slope(at center: Float, _ sum: (Float) -> Double) -> Double {
    let step: Float = 0.03125
    func difference(_ steps: Float) -> Double {
      sum(center + steps * step) - sum(center - steps * step)
    }
    return (8 * difference(1) - difference(2)) / (12 * Double(step))
  }
}
