import Layers
import Models
import Randomness
import Tensors
import Testing
import Tokens

/// Every architecture gives the same bits with and without recomputation.
struct RecomputationTests {
  private static let batch = MaskedBatch(
    ids: [2, 7, 9, 4, 11, 3, 2, 8, 4, 3], sequenceOffsets: [0, 6, 10],
    maskedPositions: [1, 3, 8], labels: [7, 15, 9], key: RandomKey(seed: 5))

  private func model(_ type: String) throws -> any PretrainedModel {
    let size = EncoderSize(layerCount: 3, width: 8, headCount: 2, intermediateSize: 12)
    return ModelRegistry.make(
      try .custom(
        size, type: type, vocabularySize: 20, positionCount: 16, dropout: 0.2, paddingID: 1),
      key: RandomKey(seed: 1))
  }

  @Test(arguments: ModelFixture.architectures)
  func lossesGradientsAndReadinessAreTheSame(_ type: String) throws {
    let models = try [model(type), model(type)]
    var losses: [Float] = []
    var ready: [Set<String>] = [[], []]
    for (index, model) in models.enumerated() {
      let context = Context.training(key: Self.batch.key, recomputing: index == 1)
      let loss = model.predictions(for: Self.batch, in: context).lossSum(Self.batch.labels)
      losses.append(loss.item())
      loss.backward { parameter in
        #expect(ready[index].insert(parameter.name).inserted)
      }
    }
    #expect(losses[0] == losses[1])
    #expect(ready[0] == ready[1])
    #expect(ready[0].count == models[0].parameters.parameters.count)
    let gradients = models.map { $0.parameters.parameters.map(\.gradientElements) }
    #expect(gradients[0] == gradients[1])
  }

  @Test func dropoutGoesOnAfterARecomputedLayer() {
    func drops(recomputing: Bool) -> [Float] {
      let context = Context.training(key: RandomKey(seed: 3), recomputing: recomputing)
      let x = Tensor([Float](repeating: 1, count: 64), shape: [64], requiresGradient: true)
      let y = context.recomputed(x) { $0.dropout($1.dropout(0.5)).dropout($1.dropout(0.5)) }
      let z = y.dropout(context.dropout(0.5))
      z.sum().backward()
      return z.elements + (x.gradientElements ?? [])
    }
    #expect(drops(recomputing: true) == drops(recomputing: false))
  }

  @Test func evaluationComputesOnce() {
    var runCount = 0
    let x = Tensor([1], shape: [1], requiresGradient: true)
    Context.evaluation().recomputed(x) { x, _ in
      runCount += 1
      return x * 2
    }.sum().backward()
    #expect(runCount == 1)
  }
}
