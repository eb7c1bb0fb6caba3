import Tensors
import Testing

/// Mistakes of a program end it instead of reading or writing memory that is not theirs.
struct PreconditionTests {
  private struct Mistake: Sendable {
    let name: String
    let make: @Sendable () -> Void
  }

  private static let mistakes = [
    Mistake(name: "too few elements") { _ = Tensor([1, 2], shape: [3]) },
    Mistake(name: "a + b of two shapes") { _ = matrix + Tensor([1, 2], shape: [2]) },
    Mistake(name: "a * b of two shapes") { _ = matrix * matrix.transposed(0, 1) },
    Mistake(name: "recomputed with another tensor's gradient") {
      let other = Tensor([1, 2], shape: [2], requiresGradient: true)
      _ = Tensor([1, 2], shape: [2]).recomputed { $0 * other }
    },
    Mistake(name: "recomputed with a tensor that was computed before") {
      let other = parameter([2]).tensor * 2
      _ = Tensor([1, 2], shape: [2]).recomputed { $0 * other }
    },
    Mistake(name: "reshaped to more") { _ = matrix.reshaped([7]) },
    Mistake(name: "transposed without such an axis") { _ = matrix.transposed(0, 2) },
    Mistake(name: "matmul of two inner sizes") { _ = matrix.matmul(matrix) },
    Mistake(name: "linear of two inner sizes") { _ = matrix.linear([parameter([4, 2])]) },
    Mistake(name: "linear of weights that lie apart") {
      _ = matrix.linear(parameters([5, 3], [5, 3]))
    },
    Mistake(name: "linear with too small a bias") {
      let both = parameters([4, 3], [3])
      _ = matrix.linear([both[0]], biases: [both[1]])
    },
    Mistake(name: "layerNorm of another size") {
      let both = parameters([2], [2])
      _ = matrix.layerNorm(both[0], both[1], epsilon: 0)
    },
    Mistake(name: "layerNorm with another residual") {
      let both = parameters([3], [3])
      _ = matrix.layerNorm(both[0], both[1], epsilon: 0, residual: matrix.transposed(0, 1))
    },
    Mistake(name: "gelu with too small a bias") { _ = matrix.gelu(bias: parameter([2])) },
    Mistake(name: "too few labels") { _ = matrix.crossEntropy([1]) },
    Mistake(name: "label too large") { _ = matrix.crossEntropy([1, 3]) },
    Mistake(name: "negative label") { _ = matrix.crossEntropy([1, -1]) },
    Mistake(name: "row too large") { _ = matrix.gatherRows([2]) },
    Mistake(name: "negative row") { _ = matrix.gatherRows([-1]) },
    Mistake(name: "token too large") { _ = Tensor.embedding([(parameter([4, 2]), [0, 4])]) },
    Mistake(name: "negative token") { _ = Tensor.embedding([(parameter([4, 2]), [-1])]) },
    Mistake(name: "offsets end early") { attend([0, 1], [0, 2], headCount: 1) },
    Mistake(name: "offsets begin late") { attend([1, 2], [0, 2], headCount: 1) },
    Mistake(name: "offsets descend") { attend([0, 3, 2], [0, 1, 2], headCount: 1) },
    Mistake(name: "queries without keys") { attend([0, 1, 2], [0, 2, 2], headCount: 1) },
    Mistake(name: "no offsets") { attend([], [], headCount: 1) },
    Mistake(name: "heads do not divide the width") { attend([0, 2], [0, 2], headCount: 2) },
    Mistake(name: "columns beyond the last") { _ = Tensor.Columns(matrix, 1..<4) },
    Mistake(name: "backward of a matrix") { matrix.backward() },
    Mistake(name: "item of a matrix") { _ = matrix.item() },
    Mistake(name: "everything dropped") { _ = Dropout(probability: 1, key: 0) },
    Mistake(name: "parameter without a store") {
      var declarations = ParameterDeclarations()
      _ = declarations.parameter("a", shape: [1], .constant(0)).tensor
    },
    Mistake(name: "parameter in two stores") {
      var declarations = ParameterDeclarations()
      _ = declarations.parameter("a", shape: [1], .constant(0))
      let stores = (0..<2).map { _ in ParameterStore(declarations) { _ in 0 } }
      withExtendedLifetime(stores) {}
    },
  ]

  @Test(arguments: mistakes.map(\.name))
  func mistakeEndsTheProgram(_ name: String) async {
    await #expect(processExitsWith: .failure) { [name] in
      Self.mistakes.first { $0.name == name }?.make()
    }
  }

  // MARK: - What mistakes are made with

  private static var matrix: Tensor {
    Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3], requiresGradient: true)
  }

  private static func parameters(_ shapes: [Int]...) -> [Parameter] {
    var declarations = ParameterDeclarations()
    for (index, shape) in shapes.enumerated() {
      _ = declarations.parameter("\(index)", shape: shape, .constant(1))
    }
    let store = ParameterStore(declarations) { _ in 0 }
    // Lives as long as the process, which a mistake ends.
    return Unmanaged.passRetained(store).takeUnretainedValue().parameters
  }

  private static func parameter(_ shape: [Int]) -> Parameter { parameters(shape)[0] }

  private static func attend(_ queries: [Int32], _ keys: [Int32], headCount: Int) {
    _ = Tensor.attention(
      queries: matrix, keys: matrix, values: matrix, queryOffsets: queries, keyOffsets: keys,
      headCount: headCount)
  }
}
