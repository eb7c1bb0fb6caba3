import Tensors
import Testing

/// What is computed again instead of being kept has the bits of what was kept.
struct DroppedElementsTests {
  private static let (rows, columns) = (150, 96)

  private static func store() -> ParameterStore {
    var declarations = ParameterDeclarations()
    for (name, shape) in [("gain", [columns]), ("shift", [columns]), ("map", [40, columns])] {
      _ = declarations.parameter(name, shape: shape, .normal(deviation: 1))
    }
    return ParameterStore(declarations) { UInt64($0.utf8.count) }
  }

  private static func input(requiresGradient: Bool = true) -> Tensor {
    Tensor(
      numbers(rows * columns, seed: 1), shape: [rows, columns],
      requiresGradient: requiresGradient)
  }

  /// All gradients of a loss.
  private static func gradients(_ x: Tensor, _ store: ParameterStore, of loss: Tensor) -> [[Float]]
  {
    loss.backward()
    return store.parameters.map(\.gradientElements) + [x.gradientElements ?? []]
  }

  private static func normalized(_ x: Tensor, _ store: ParameterStore) -> Tensor {
    (x * 1).layerNorm(
      store.parameters[0], store.parameters[1], epsilon: 1e-5, residual: x,
      dropout: Dropout(probability: 0.3, key: 5), overwritesInput: true)
  }

  @Test func normalizedRowsAreComputedAgain() {
    func run(dropping: Bool) -> [[Float]] {
      let (store, x) = (Self.store(), Self.input())
      let y = Self.normalized(x, store)
      let kept = y.elements
      let loss = y.linear([store.parameters[2]]).softmax().sum()
      if dropping { y.dropElements() }
      return [kept] + Self.gradients(x, store, of: loss) + [y.elements]
    }
    let (kept, dropped) = (run(dropping: false), run(dropping: true))
    #expect(kept == dropped)
    #expect(kept.first == kept.last)
  }

  @Test func whatDropoutLeavesIsComputedAgainFromWhatItself() {
    let (store, x) = (Self.store(), Self.input())
    let first = Self.normalized(x, store)
    let second = first.dropout(Dropout(probability: 0.5, key: 9))
    let elements = (first.elements, second.elements)
    first.dropElements()
    second.dropElements()
    #expect(second.elements == elements.1)
    #expect(first.elements == elements.0)
  }

  @Test func memoryIsGivenBackOnlyWhereElementsCanBeComputed() async {
    await #expect(processExitsWith: .success) {
      func change(_ x: Tensor) -> Int {
        let before = Arena.shared.statistics.usedByteCount
        x.dropElements()
        return before - Arena.shared.statistics.usedByteCount
      }
      let (store, x) = (Self.store(), Self.input())
      let y = Self.normalized(x, store)
      #expect(change(x) == 0)
      #expect(change(y) >= 4 * y.count)
      #expect(change(y) == 0)
      let evaluated = withoutGradients { Self.normalized(x, store) }
      #expect(change(evaluated) == 0)
    }
  }

  @Test(arguments: [Tensor.GELUForm.exact, .tanh])
  func activationWithinALinearMapHasTheBitsOfTwoOperations(_ form: Tensor.GELUForm) {
    func run(_ map: (Tensor, ParameterStore) -> Tensor) -> [[Float]] {
      let (store, x) = (Self.store(), Self.input())
      // A second reader of x, so that its gradient is a sum.
      let y = map(x * 4, store)
      return [y.elements] + Self.gradients(x, store, of: y.softmax().sum() + (x * x).sum())
    }
    let apart = run { x, store in
      x.gelu(bias: store.parameters[1], form: form).linear([store.parameters[2]])
    }
    let together = run { x, store in
      let gelu = Tensor.GELU(bias: store.parameters[1], form: form)
      return x.linear([store.parameters[2]], activation: gelu)
    }
    #expect(apart == together)
    #expect(apart.dropFirst(2).allSatisfy { $0.contains { $0 != 0 } })
  }
}
