import Collectives
import DataParallel
import Optimizers
import Tensors
import Testing

@Suite struct DataParallelTests {
  /// What a run leaves behind, bit by bit.
  private struct Outcome: Equatable, Sendable {
    var losses: [UInt64] = []
    var norms: [UInt64] = []
    var parameters: [UInt32] = []
  }

  /// Embedding, linear, GELU, normalization with dropout, and a tied decoder: every kind of sum.
  private final class Model {
    let parameters: ParameterStore
    let table: Parameter
    let weight: Parameter
    let bias: Parameter
    let gamma: Parameter
    let beta: Parameter

    init() {
      var parts = ParameterDeclarations()
      table = parts.parameter("table", shape: [2_100, 24], .normal(deviation: 0.3))
      weight = parts.parameter("weight", shape: [24, 24], .normal(deviation: 0.3))
      bias = parts.parameter("bias", shape: [24], .constant(0.1), decays: false)
      gamma = parts.parameter("gamma", shape: [24], .constant(1), decays: false)
      beta = parts.parameter("beta", shape: [24], .constant(0), decays: false)
      _ = parts.parameter("unused", shape: [3], .constant(2))
      parameters = ParameterStore(parts) { UInt64($0.utf8.count) }
    }

    /// The loss of a micro-batch whose rows depend on step and index only.
    func lossSum(step: Int, microBatch: Int) -> Tensor {
      let rows = (0..<5).map { Int32(($0 * 7 + microBatch * 11 + step * 13) % 2_100) }
      let dropout = Dropout(probability: 0.1, key: UInt64(step * 100 + microBatch))
      return Tensor.embedding([(table, rows)]).linear([weight]).gelu(bias: bias)
        .layerNorm(gamma, beta, epsilon: 1e-5, dropout: dropout).linear([table])
        .crossEntropy(rows.map { ($0 + 1) % 2_100 }, reduction: .sum)
    }
  }

  /// Trains three steps, of which the last has fewer micro-batches, on one rank.
  private static func train(on world: any Communicator, sharing: Bool?) throws -> Outcome {
    let model = Model()
    let parallel = try DataParallel(
      model.parameters, over: world, microBatchesPerStep: 8, sharing: sharing)
    let optimizer = AdamW(model.parameters)
    var outcome = Outcome()
    for (step, count) in [8, 8, 3].enumerated() {
      try parallel.begin(microBatchCount: count, predictionCount: count * 5)
      for microBatch in count * world.rank / world.worldSize..<count * (world.rank + 1)
        / world.worldSize
      {
        // One micro-batch predicts nothing: it counts as zeros.
        let isEmpty = microBatch == 1
        try parallel.backward(
          isEmpty ? nil : model.lossSum(step: step, microBatch: microBatch),
          microBatch: microBatch, predictionCount: 5)
      }
      let result = try parallel.update(optimizer, learningRate: 0.01, clipNorm: 0.5)
      outcome.losses.append(result.loss.bitPattern)
      outcome.norms.append(result.gradientNorm.bitPattern)
    }
    outcome.parameters = model.parameters.parameters.flatMap { $0.elements.map(\.bitPattern) }
    try world.barrier("end of the test")
    return outcome
  }

  @Test(arguments: [1, 2, 3, 4, 5, 8], [true, false])
  func worldSizeAndTransportDoNotChangeTheBits(worldSize: Int, sharing: Bool) throws {
    let alone = try ThreadWorld.run(ranks: 1) { try Self.train(on: $0, sharing: nil) }
    let outcomes = try ThreadWorld.run(ranks: worldSize) {
      try Self.train(on: $0, sharing: sharing)
    }
    for outcome in outcomes { #expect(outcome == alone[0]) }
  }

  /// Two steps alone, then two on several ranks, of which only rank 0 has what the first ones left.
  @Test(arguments: [2, 3], [true, false])
  func stateOfRankZeroIsGivenToAll(worldSize: Int, sharing: Bool) throws {
    @Sendable func steps(
      _ steps: Range<Int>, _ model: Model, _ optimizer: AdamW, _ world: any Communicator
    ) throws {
      let parallel = try DataParallel(
        model.parameters, over: world, microBatchesPerStep: 6, sharing: sharing)
      for step in steps {
        try parallel.begin(microBatchCount: 6, predictionCount: 30)
        for microBatch in 6 * world.rank / world.worldSize..<6 * (world.rank + 1) / world.worldSize
        {
          try parallel.backward(
            model.lossSum(step: step, microBatch: microBatch), microBatch: microBatch,
            predictionCount: 5)
        }
        _ = try parallel.update(optimizer, learningRate: 0.01)
      }
      try world.barrier("end of the test")
    }
    @Sendable func bits(_ model: Model) -> [UInt32] {
      model.parameters.parameters.flatMap { $0.elements.map(\.bitPattern) }
    }
    let whole = Model()
    try steps(0..<4, whole, AdamW(whole.parameters), SoloWorld())
    let outcomes = try ThreadWorld.run(ranks: worldSize) { world in
      let model = Model()
      let optimizer = AdamW(model.parameters)
      if world.isRoot { try steps(0..<2, model, optimizer, SoloWorld()) }
      try steps(2..<4, model, optimizer, world)
      return (bits(model), optimizer.updateCount)
    }
    for outcome in outcomes { #expect(outcome.0 == bits(whole) && outcome.1 == 4) }
  }

  @Test func trainingLowersTheLoss() throws {
    let outcome = try ThreadWorld.run(ranks: 2) { world in
      let model = Model()
      let parallel = try DataParallel(model.parameters, over: world, microBatchesPerStep: 2)
      let optimizer = AdamW(model.parameters)
      var losses: [Double] = []
      for _ in 0..<40 {
        try parallel.begin(microBatchCount: 2, predictionCount: 10)
        try parallel.backward(
          model.lossSum(step: 0, microBatch: world.rank), microBatch: world.rank,
          predictionCount: 5)
        losses.append(try parallel.update(optimizer, learningRate: 0.03).loss)
      }
      return losses
    }
    #expect((outcome[0].last ?? .infinity) < 0.2 * (outcome[0].first ?? 0))
  }

  @Test func lossThatIsNotFiniteChangesNothing() throws {
    _ = try ThreadWorld.run(ranks: 2) { world in
      let model = Model()
      let parallel = try DataParallel(model.parameters, over: world, microBatchesPerStep: 2)
      let optimizer = AdamW(model.parameters)
      let before = model.parameters.parameters.map(\.elements)
      try parallel.begin(microBatchCount: 2, predictionCount: 10)
      let loss = model.lossSum(step: 0, microBatch: world.rank)
      try parallel.backward(
        world.rank == 1 ? loss * Float.infinity : loss, microBatch: world.rank,
        predictionCount: 5)
      #expect(throws: NotFinite.self) { try parallel.update(optimizer, learningRate: 0.03) }
      #expect(model.parameters.parameters.map(\.elements) == before)
      #expect(optimizer.updateCount == 0)
    }
  }

  /// Micro-batches of 5 and 2 predictions: each has half of the weight, not 5 and 2 sevenths.
  @Test func meansOfMeansWeighMicroBatchesAlike() throws {
    let counts = [5, 2]
    func train(_ normalization: LossNormalization) throws -> (loss: Double, parameters: [Float]) {
      try ThreadWorld.run(ranks: 2) { world in
        let model = Model()
        let parallel = try DataParallel(
          model.parameters, over: world, microBatchesPerStep: 2, normalization: normalization)
        let optimizer = AdamW(model.parameters)
        try parallel.begin(microBatchCount: 2, predictionCount: 7)
        let loss = model.lossSum(step: 0, microBatch: world.rank)
        let count = counts[world.rank]
        // The same by hand: what the mean over tokens divides by is taken out again.
        let weighted = normalization == .tokens ? loss * (7 / Float(2 * count)) : loss
        try parallel.backward(weighted, microBatch: world.rank, predictionCount: count)
        let result = try parallel.update(optimizer, learningRate: 0.01, clipNorm: 0.1)
        return (result.loss, model.parameters.parameters.flatMap(\.elements))
      }[0]
    }
    let (byHand, found) = (try train(.tokens), try train(.batches))
    #expect(abs(found.loss - byHand.loss) < 1e-6 * byHand.loss)
    for (found, wanted) in zip(found.parameters, byHand.parameters) {
      #expect(abs(found - wanted) < 1e-5)
    }
  }

  @Test func parametersThatNothingReachesAreNamed() throws {
    _ = try ThreadWorld.run(ranks: 1) { world in
      let model = Model()
      let parallel = try DataParallel(model.parameters, over: world, microBatchesPerStep: 1)
      try parallel.begin(microBatchCount: 1, predictionCount: 5)
      try parallel.backward(
        model.lossSum(step: 0, microBatch: 0), microBatch: 0, predictionCount: 5)
      #expect(parallel.unreachedParameters == ["unused"])
    }
  }
}
