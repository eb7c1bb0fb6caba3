import Files
import Kernels
import Optimizers
import Tensors
import Testing

struct AdamWTests {
  /// Of parameters up to 3 after twelve roundings; found: 5.8e-7.
  private static let tolerance = 2e-6
  /// Of moments, which may cancel down to 0.001; found: 1.7e-6.
  private static let momentTolerance = 5e-6

  @Test(arguments: [
    "adamw", "adamwWithoutDecay", "adamwWeightsDecay", "adamwClipped", "adamwWithOtherBetas",
    "adamwScheduled",
  ])
  func twelveStepsEqualThoseOfPyTorch(_ name: String) throws {
    let fixture = try OptimizerFixture()
    let settings = try #require(fixture.settings["cases"]?[name])
    let decay = try #require(settings["weight_decay"]?["weight"]?.double)
    let betas = settings.numbers("betas")
    let (rates, norms) = (settings.numbers("learning_rates"), settings.numbers("gradient_norms"))
    let coefficients = settings.numbers("coefficients")
    try #require(rates.count == 12 && norms.count == 12 && coefficients.count == 12)
    let store = try fixture.store()
    let optimizer = AdamW(
      store, beta1: betas[0], beta2: betas[1],
      epsilon: try #require(settings["epsilon"]?.double), weightDecay: decay,
      decaysEverything: settings["weight_decay"]?["bias"]?.double == decay)

    for step in 1...12 {
      try fixture.setGradients(of: step, in: store)
      let norm = ElementwiseKernel.sumOfSquares(store.gradients, count: store.count).squareRoot()
      #expect(abs(norm - norms[step - 1]) < 1e-7 * norm)
      let factor = Clipping.factor(norm: norm, maximum: settings["clip"]?.double ?? 0)
      #expect(abs(Double(factor) - coefficients[step - 1]) < 1e-6 * coefficients[step - 1])
      optimizer.updateCount += 1
      optimizer.update(
        [0..<store.count], gradients: store.gradients, gradientScale: factor,
        learningRate: rates[step - 1])
      guard [1, 2, 12].contains(step) else { continue }
      for parameter in store.parameters {
        let wanted = try fixture.floats("\(name).\(step).\(parameter.name)")
        let worst = deviation(parameter.elements, wanted, floor: 1)
        #expect(worst < Self.tolerance, "\(parameter.name) after \(step)")
      }
    }
    for parameter in store.parameters {
      for (index, moment) in ["first", "second"].enumerated() {
        let wanted = try fixture.floats("\(name).12.\(parameter.name).\(moment)")
        let found = UnsafeBufferPointer(
          start: optimizer.state + index * store.count + parameter.offset, count: parameter.count)
        let worst = deviation(Array(found), wanted, floor: 1e-3)
        #expect(worst < Self.momentTolerance, "\(moment) moment of \(parameter.name)")
      }
    }
    #expect(store.gapsAreZero)
  }

  /// Ranks that share memory update a part each.
  @Test(arguments: [
    [0, 16_384], [0, 1, 16_384], [0, 35, 36, 50, 16_384], [0, 40, 48, 49, 16_384],
  ])
  func updatingPartsEqualsUpdatingAll(_ edges: [Int]) throws {
    let fixture = try OptimizerFixture()
    func parameters(_ ranges: [[Range<Int>]]) throws -> [Float] {
      let store = try fixture.store()
      try fixture.setGradients(of: 2, in: store)
      let optimizer = AdamW(store, weightDecay: 0.1)
      for _ in 0..<3 {
        optimizer.updateCount += 1
        for ranges in ranges {
          optimizer.update(
            ranges, gradients: store.gradients, gradientScale: 0.5, learningRate: 0.01)
        }
      }
      return store.parameters.flatMap(\.elements)
    }
    let parts = zip(edges, edges.dropFirst()).map { $0..<$1 }
    let whole = try parameters([[0..<16_384]])
    #expect(try parameters([parts]) == whole)
    #expect(try parameters(parts.reversed().map { [$0] }) == whole)
  }

  @Test func stateMovesToOtherMemory() throws {
    let fixture = try OptimizerFixture()
    func parameters(moves: Bool) throws -> [Float] {
      let store = try fixture.store()
      let optimizer = AdamW(store)
      for step in 1...4 {
        try fixture.setGradients(of: step, in: store)
        if moves, step == 3 {
          let memory = Storage(count: optimizer.stateNames.count * store.count)
          memory.pointer.update(from: optimizer.state, count: memory.count)
          optimizer.moveState(to: memory.pointer, owner: memory)
          #expect(optimizer.state == memory.pointer)
        }
        optimizer.updateCount += 1
        optimizer.update(
          [0..<store.count], gradients: store.gradients, gradientScale: 1, learningRate: 0.01)
      }
      return store.parameters.flatMap(\.elements)
    }
    #expect(try parameters(moves: true) == parameters(moves: false))
  }
}

extension ParameterStore {
  /// Whether what lies between and behind the parameters is still 0.
  fileprivate var gapsAreZero: Bool {
    var isGap = [Bool](repeating: true, count: count)
    for parameter in parameters {
      for place in parameter.offset..<parameter.offset + parameter.count { isGap[place] = false }
    }
    return (0..<count).allSatisfy { !isGap[$0] || values[$0] == 0 }
  }
}
