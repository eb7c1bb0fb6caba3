import Randomness
import Tensors
import Testing

/// An operation with operands of given shapes: what gradient and thread tests have in common.
struct OperationCase: Sendable, CustomTestStringConvertible {
  /// What an operation reads.
  struct Operands {
    let tensors: [Tensor]
    let parameters: [Parameter]
  }

  let name: String
  /// The shapes of operands that are tensors.
  var tensors: [[Int]] = []
  /// The shapes of operands that are parameters; those of one group have one shape and lie side by
  /// side.
  var groups: [(shape: [Int], count: Int)] = []
  /// Keeps values this far from 0, where an operation has a kink.
  var margin: Float = 0
  let operation: @Sendable (Operands) -> Tensor

  var testDescription: String { name }

  /// Values for every tensor and parameter, in this order.
  var values: [[Float]] {
    let shapes = tensors + groups.flatMap { Array(repeating: $0.shape, count: $0.count) }
    return shapes.enumerated().map { index, shape in
      numbers(shape.reduce(1, *), seed: UInt64(index + 1)).map {
        $0 < 0 ? $0 - margin : $0 + margin
      }
    }
  }

  /// A store with the parameters that `values` says.
  func store(_ values: [[Float]]) -> ParameterStore {
    var declarations = ParameterDeclarations()
    for (index, group) in groups.enumerated() {
      _ = declarations.group(
        (0..<group.count).map { "\(index).\($0)" }, shape: group.shape, .constant(0))
    }
    let store = ParameterStore(declarations) { _ in 0 }
    for (parameter, values) in zip(store.parameters, values.dropFirst(tensors.count)) {
      parameter.changeValues().update(from: values, count: values.count)
    }
    return store
  }

  /// Operands that hold `values`.
  ///
  /// - Parameters:
  ///   - values: The elements of tensors and parameters.
  ///   - store: Made by `store(_:)`; kept by the caller.
  ///   - leaf: The only tensor whose gradient is wanted; nil for all.
  /// - Returns: What the operation reads.
  func operands(_ values: [[Float]], in store: ParameterStore, leaf: Int? = nil) -> Operands {
    Operands(
      tensors: zip(tensors.indices, tensors).map { index, shape in
        Tensor(values[index], shape: shape, requiresGradient: leaf == nil || leaf == index)
      }, parameters: store.parameters)
  }

  /// Computes the result, and the gradients of Σ weights · result for every tensor and parameter.
  ///
  /// - Parameters:
  ///   - values: The elements of tensors and parameters.
  ///   - leaf: The only tensor whose gradient is wanted; nil for all.
  ///   - useCount: How many times the operation reads the same operands; gradients are of the sum.
  /// - Returns: What came out; nil for gradients that are not wanted.
  func evaluate(
    _ values: [[Float]], leaf: Int? = nil, useCount: Int = 1
  ) -> (result: [Float], gradients: [[Float]?]) {
    let store = store(values)
    let operands = operands(values, in: store, leaf: leaf)
    let results = (0..<useCount).map { _ in operation(operands) }
    let sums = results.map { result in
      (result * Tensor(Self.weights(result.count), shape: result.shape)).sum()
    }
    sums.dropFirst().reduce(sums[0], +).backward()
    return (
      results[0].elements,
      operands.tensors.map(\.gradientElements) + store.parameters.map(\.gradientElements)
    )
  }

  /// Computes Σ weights · result in double precision.
  func weightedSum(_ values: [[Float]], _ weights: [Float]) -> Double {
    let store = store(values)
    let result = withoutGradients { operation(operands(values, in: store)).elements }
    return zip(result, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// The weights of the results' elements.
  static func weights(_ count: Int) -> [Float] { numbers(count, seed: 99) }
}

/// Numbers between -2 and 2 that `seed` names.
func numbers(_ count: Int, seed: UInt64) -> [Float] {
  var stream = RandomStream(RandomKey(seed: seed))
  return (0..<count).map { _ in stream.uniform() * 4 - 2 }
}
