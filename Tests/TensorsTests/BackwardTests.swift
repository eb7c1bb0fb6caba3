import Tensors
import Testing

struct BackwardTests {
  @Test func tensorUsedTwiceGetsTheSumOfBothGradients() {
    let x = Tensor([1, 2, 3], shape: [3], requiresGradient: true)
    let square = x * x
    (square * x + square).sum().backward()
    #expect(x.gradientElements == [3 + 2, 12 + 4, 27 + 6])
  }

  @Test func scaleMultipliesEveryGradient() {
    let x = Tensor([1, 2, 3], shape: [3], requiresGradient: true)
    (x * x).sum().backward(scale: -0.5)
    #expect(x.gradientElements == [-1, -2, -3])
  }

  @Test func gradientsOfSeveralPassesAreAddedUntilTheyAreForgotten() {
    let store = store([[3]])
    let (parameter, x) = (store.parameters[0], Tensor([1, 2, 4], shape: [3]))
    (parameter.tensor * x).sum().backward()
    (parameter.tensor * x).sum().backward()
    #expect(parameter.gradientElements == [2, 4, 8])
    store.zeroGradients()
    #expect(parameter.gradientElements == [0, 0, 0])
    (parameter.tensor * x).sum().backward()
    #expect(parameter.gradientElements == [1, 2, 4])
  }

  @Test func everyParameterIsReadyOnceAndInReverseOrderOfItsFirstUse() {
    let store = store([[2, 2], [2, 2], [2, 2], [2, 2]])
    let x = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
    let parameters = store.parameters
    let first = x.linear([parameters[0]]).gelu()
    let second = first.linear([parameters[1]]) + first.linear([parameters[1]])
    var ready: [String] = []
    second.linear([parameters[2]]).mean().backward { ready.append($0.name) }
    #expect(ready == ["2", "1", "0"])
  }

  @Test func tiedParameterIsReadyAfterItsLastUse() {
    let store = store([[5, 2], [2, 2]])
    let (table, weight) = (store.parameters[0], store.parameters[1])
    let ids: [Int32] = [4, 0, 4]
    func loss() -> Tensor {
      let embedded = Tensor.embedding([(table, ids)])
      return embedded.linear([weight]).linear([table]).crossEntropy([1, 2, 3])
    }
    var whenReady: [[Float]] = []
    var ready: [String] = []
    loss().backward { parameter in
      ready.append(parameter.name)
      whenReady.append(parameter.gradientElements)
    }
    #expect(ready == ["1", "0"])
    #expect(whenReady == [weight.gradientElements, table.gradientElements])
    #expect(table.gradientElements.allSatisfy { $0 != 0 })
  }

  @Test func parametersBesideTheLossAreNotReady() {
    let store = store([[2], [2]])
    let used = store.parameters[0].tensor * 2
    _ = store.parameters[1].tensor * 3
    var ready: [String] = []
    used.sum().backward { ready.append($0.name) }
    #expect(ready == ["0"])
    #expect(store.clearUnreachedGradients().map(\.name) == ["1"])
  }

  @Test func counterIsRightInALaterPass() {
    let store = store([[2]])
    for _ in 0..<3 {
      var readyCount = 0
      let square = store.parameters[0].tensor * store.parameters[0].tensor
      (square + store.parameters[0].tensor).sum().backward { _ in readyCount += 1 }
      #expect(readyCount == 1)
    }
  }

  @Test func withoutGradientsRecordsNothing() {
    let store = store([[2]])
    let x = Tensor([1, 2], shape: [2], requiresGradient: true)
    let loss = withoutGradients { (store.parameters[0].tensor * x).sum() }
    var readyCount = 0
    loss.backward { _ in readyCount += 1 }
    #expect(!loss.requiresGradient)
    #expect(readyCount == 0)
    #expect(x.gradientElements == nil)
    #expect(loss.item() == (store.parameters[0].tensor * x).sum().item())
    #expect((x * x).requiresGradient)
  }

  @Test func constantsHaveNoGradient() {
    let x = Tensor([1, 2], shape: [2])
    let loss = (x * x).sum()
    loss.backward()
    #expect(!loss.requiresGradient)
    #expect(x.gradientElements == nil)
  }

  @Test func scalarLeafHasTheGradientOne() {
    let x = Tensor([3], shape: [], requiresGradient: true)
    x.backward()
    #expect(x.gradientElements == [1])
  }

  @Test func emptyTensorsPass() {
    let x = Tensor([], shape: [0, 3], requiresGradient: true)
    let store = store([[2, 3], [2]])
    let loss = x.gelu().linear([store.parameters[0]], biases: [store.parameters[1]]).softmax()
      .crossEntropy([])
    #expect(loss.item() == 0)
    loss.backward()
    #expect(x.gradientElements == [])
    #expect(store.parameters.flatMap(\.gradientElements).allSatisfy { $0 == 0 })
    #expect(x.mean().item() == 0)
  }

  @Test func chainOfManyOperationsNeedsNoDeepStack() {
    let x = Tensor([1], shape: [1], requiresGradient: true)
    var y = x
    for _ in 0..<20_000 { y = y + x }
    y.sum().backward()
    #expect(x.gradientElements == [20_001])
  }

  private func store(_ shapes: [[Int]]) -> ParameterStore {
    var declarations = ParameterDeclarations()
    for (index, shape) in shapes.enumerated() {
      _ = declarations.parameter("\(index)", shape: shape, .constant(0))
    }
    let store = ParameterStore(declarations) { _ in 0 }
    for (index, parameter) in store.parameters.enumerated() {
      parameter.changeValues().update(
        from: numbers(parameter.count, seed: UInt64(index)), count: parameter.count)
    }
    return store
  }
}
