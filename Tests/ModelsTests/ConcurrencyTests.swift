import Kernels
import Layers
import Models
import Randomness
import Tensors
import Testing
import Tokens

struct ConcurrencyTests {
  /// Scratch memory that was given back too early went to another thread and was overwritten.
  @Test func modelsOnSeveralThreadsDoNotDisturbOneAnother() async throws {
    let fixture = try ModelFixture("bert")
    let alone = try Self.gradients(of: fixture)
    let together = try await withThrowingTaskGroup(of: [[UInt32]].self) { group in
      for _ in 0..<4 {
        group.addTask { try (0..<40).map { _ in try Self.gradients(of: fixture) } }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(together.count { $0 != alone } == 0)
  }

  /// In a process of its own, because a pool of threads can grow but not shrink.
  @Test func stepsHaveTheSameBitsForAnyNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      let alone = try Self.parametersAfterTwoSteps()
      for threadCount in 2...3 {
        ThreadPool.shared.configure(threadCount: threadCount, spins: false)
        let isEqual = try Self.parametersAfterTwoSteps() == alone
        #expect(isEqual, "\(threadCount) threads")
      }
    }
  }

  /// Of a model whose loops are cut into pieces, and with dropout everywhere.
  private static func parametersAfterTwoSteps() throws -> [UInt32] {
    let configuration = try ModelConfiguration.named(
      "tiny", vocabularySize: 5_003, blockSize: 128, dropout: 0.1, paddingID: 0)
    let model = ModelRegistry.make(configuration, key: RandomKey(seed: 1))
    var run = TrainingRun(model, decaysEverything: false)
    run.clip = 1
    for step in 0..<2 {
      let key = RandomKey(seed: UInt64(step))
      var stream = RandomStream(key)
      let lengths = [128, 128, 77, 128, 1, 128, 128, 99]
      let offsets = lengths.reduce(into: [Int32(0)]) { $0.append(($0.last ?? 0) + Int32($1)) }
      let ids = (0..<lengths.reduce(0, +)).map { _ in Int32(stream.below(5_003)) }
      let masked = ids.indices.filter { _ in stream.below(7) == 0 }
      run.step(
        on: MaskedBatch(
          ids: ids, sequenceOffsets: offsets, maskedPositions: masked.map { Int32($0) },
          labels: masked.map { ids[$0] }, key: key))
    }
    return model.parameters.allBits
  }

  private static func gradients(of fixture: ModelFixture) throws -> [UInt32] {
    let model = try fixture.model()
    model.differentiate(fixture.batches[1])
    return model.parameters.parameters.flatMap { $0.gradientElements.map(\.bitPattern) }
  }
}
