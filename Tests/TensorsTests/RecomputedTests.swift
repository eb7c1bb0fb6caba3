import Tensors
import Testing

/// Recomputation changes when activations exist and nothing else.
struct RecomputedTests {
  /// A network of two layers that share a weight, with or without recomputation.
  private struct Network {
    let store: ParameterStore

    init() {
      var declarations = ParameterDeclarations()
      for (index, shape) in [[6, 4], [4, 4], [4], [4, 4], [4], [4]].enumerated() {
        _ = declarations.parameter("\(index)", shape: shape, .normal(deviation: 1))
      }
      store = ParameterStore(declarations) { UInt64($0) ?? 0 }
    }

    func loss(recomputing: Bool) -> Tensor {
      let parameters = store.parameters
      var x = Tensor.embedding([(parameters[0], [5, 0, 3])])
      for place in 0..<2 {
        func layer(_ x: Tensor) -> Tensor {
          x.linear([parameters[1]], biases: [parameters[2]]).gelu()
            .linear([parameters[3]])
            .layerNorm(
              parameters[4], parameters[5], epsilon: 1e-5, residual: x,
              dropout: Dropout(probability: 0.4, key: UInt64(place)))
        }
        x = recomputing ? x.recomputed(layer) : layer(x)
      }
      return x.linear([parameters[0]]).crossEntropy([1, 2, 3])
    }
  }

  @Test func lossesAndGradientsHaveTheSameBits() {
    let (kept, recomputed) = (Network(), Network())
    for _ in 0..<2 {
      let losses = [kept.loss(recomputing: false), recomputed.loss(recomputing: true)]
      for loss in losses { loss.backward(scale: 0.7) }
      #expect(losses[0].item() == losses[1].item())
      let gradients = [kept, recomputed].map { $0.store.parameters.map(\.gradientElements) }
      #expect(gradients[0] == gradients[1])
      #expect(gradients[0].allSatisfy { $0.contains { $0 != 0 } })
    }
  }

  @Test func everyParameterIsReadyOnceAfterItsLastUse() {
    let network = Network()
    var ready: [String] = []
    var whenReady: [[Float]] = []
    network.loss(recomputing: true).backward { parameter in
      ready.append(parameter.name)
      whenReady.append(parameter.gradientElements)
    }
    #expect(ready.sorted() == network.store.parameters.map(\.name))
    #expect(ready.last == "0")
    for (name, gradient) in zip(ready, whenReady) {
      #expect(network.store.parameters.first { $0.name == name }?.gradientElements == gradient)
    }
  }

  @Test func activationsInsideAreGivenBackUntilTheBackwardPass() {
    let width = 1 << 16
    func used(recomputing: Bool) -> Int {
      let x = Tensor([Float](repeating: 1, count: width), shape: [width], requiresGradient: true)
      func body(_ x: Tensor) -> Tensor { x.gelu().gelu().gelu().gelu() }
      let before = Arena.shared.statistics.usedByteCount
      let y = recomputing ? x.recomputed(body) : body(x)
      let bytes = Arena.shared.statistics.usedByteCount - before
      y.sum().backward()
      #expect(x.gradientElements?.count == width)
      return bytes
    }
    // Other tests use the arena at the same time, by less than one of these activations.
    let size = width * MemoryLayout<Float>.size
    #expect(used(recomputing: false) > 3 * size)
    #expect(used(recomputing: true) < 2 * size)
  }

  @Test func resultsWithoutOperationsPass() {
    let x = Tensor([1, 2], shape: [2], requiresGradient: true)
    let network = Network()
    let parameter = network.store.parameters[2]
    (x.recomputed { $0 } * x).sum().backward()
    #expect(x.gradientElements == [2, 4])
    x.recomputed { _ in parameter.tensor }.sum().backward()
    #expect(parameter.gradientElements == [1, 1, 1, 1])
  }

  @Test func recomputationNests() {
    let x = Tensor([0.5, -2], shape: [2], requiresGradient: true)
    let y = Tensor([0.5, -2], shape: [2], requiresGradient: true)
    x.recomputed { ($0 * $0).recomputed { $0.gelu() } + $0 }.sum().backward()
    ((y * y).gelu() + y).sum().backward()
    #expect(x.gradientElements == y.gradientElements)
  }

  @Test func withoutGradientsTheBodyRunsOnce() {
    let network = Network()
    var runCount = 0
    let y = withoutGradients {
      network.store.parameters[2].tensor.recomputed {
        runCount += 1
        return $0.gelu()
      }
    }
    #expect(!y.requiresGradient)
    #expect(runCount == 1)
  }
}
