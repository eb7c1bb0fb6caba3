import Tensors
import Testing

struct ParameterStoreTests {
  @Test func groupsLieSideBySideAndOthersBeginAtCacheLines() {
    var declarations = ParameterDeclarations()
    _ = declarations.group(["a", "b", "c"], shape: [3, 5], .constant(1))
    _ = declarations.parameter("d", shape: [7], .constant(2))
    _ = declarations.parameter("e", shape: [16_384], .constant(3), decays: false)
    let store = ParameterStore(declarations) { _ in 0 }
    #expect(store.parameters.map(\.offset) == [0, 15, 30, 48, 64])
    #expect(store.parameters.map(\.decays) == [true, true, true, true, false])
    #expect(store.count == 2 * ParameterStore.blockSize)
    #expect(store.parameterCount == 45 + 7 + 16_384)
    #expect(store.parameters.map { $0.elements[0] } == [1, 1, 1, 2, 3])
    #expect(store.values[47] == 0 && store.values[store.count - 1] == 0)
  }

  @Test func normalInitializationIsNamedByItsKeyAndLeavesTheZeroRow() {
    func values(_ key: UInt64) -> [Float] {
      var declarations = ParameterDeclarations()
      _ = declarations.parameter(
        "table", shape: [500, 20], .normal(deviation: 0.02, zeroRow: 3))
      let store = ParameterStore(declarations) { $0 == "table" ? key : 0 }
      return withExtendedLifetime(store) { store.parameters[0].elements }
    }
    let found = values(1)
    #expect(found == values(1))
    #expect(found != values(2))
    #expect(found[60..<80].allSatisfy { $0 == 0 })
    let squares = found.reduce(0.0) { $0 + Double($1) * Double($1) }
    let deviation = (squares / 9_980).squareRoot()
    // The standard error is 0.02 / √(2 · 9980), or 0.00014.
    #expect(abs(deviation - 0.02) < 0.0007)
  }

  @Test func valuesThatWillBeLoadedAreNotDrawnAndGapsAreZeros() {
    var declarations = ParameterDeclarations()
    _ = declarations.parameter("a", shape: [3], .normal(deviation: 1))
    _ = declarations.parameter("b", shape: [2], .constant(2))
    // Memory comes back from the pool as it was left.
    do {
      let storage = Storage(count: ParameterStore.blockSize)
      for i in 0..<storage.count { storage.pointer[i] = 7 }
    }
    let store = ParameterStore(unwritten: declarations)
    #expect(store.parameters.map(\.offset) == [0, 16])
    let used = [0, 1, 2, 16, 17]
    #expect((0..<store.count).allSatisfy { used.contains($0) || store.values[$0] == 0 })
    #expect((0..<store.count).allSatisfy { used.contains($0) || store.gradients[$0] == 0 })
    store.parameters[1].changeValues()[1] = 5
    #expect(store.parameters[1].elements[1] == 5)
  }

  @Test func gradientsGoWhereTheyAreSent() {
    let store = Self.twoParameters()
    let other = Storage(count: store.count)
    for i in 0..<store.count { other.pointer[i] = .nan }
    let before = store.gradients
    store.redirectGradients(to: other.pointer, owner: other)
    (store.parameters[0].tensor * 2).sum().backward()
    #expect(store.parameters[0].gradientElements == [2, 2, 2])
    #expect(other.pointer[0] == 2 && store.gradients == other.pointer && before != other.pointer)
    #expect(store.parameters[1].gradientElements == [0, 0])
    // Gaps are zeros, so that norms and sums over the whole are right; what was not reached is not.
    #expect((3..<16).allSatisfy { other.pointer[$0] == 0 })
    #expect(other.pointer[16].isNaN)
    #expect(store.clearUnreachedGradients().map(\.name) == ["b"])
    #expect((16..<store.count).allSatisfy { other.pointer[$0] == 0 })
  }

  @Test(arguments: [true, false])
  func valuesMoveToOtherMemory(copies: Bool) {
    let store = Self.twoParameters()
    let other = Storage(count: store.count)
    other.clear()
    store.moveValues(to: other.pointer, owner: other, copies: copies)
    #expect(store.parameters[1].elements == (copies ? [2, 2] : [0, 0]))
    other.pointer[17] = 5
    #expect(store.parameters[1].elements == [copies ? 2 : 0, 5])
    #expect((store.parameters[1].tensor * 2).elements == [copies ? 4 : 0, 10])
  }

  private static func twoParameters() -> ParameterStore {
    var declarations = ParameterDeclarations()
    _ = declarations.parameter("a", shape: [3], .constant(1))
    _ = declarations.parameter("b", shape: [2], .constant(2))
    return ParameterStore(declarations) { _ in 0 }
  }
}
