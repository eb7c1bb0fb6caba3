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
      let precisions = Precision.allCases.filter(\.isSupported)
      let alone = try precisions.map { try Self.parameters(afterSteps: 2, in: $0) }
      for threadCount in 2...3 {
        ThreadPool.shared.configure(threadCount: threadCount, spins: false)
        for (precision, alone) in zip(precisions, alone) {
          let isEqual = try Self.parameters(afterSteps: 2, in: precision) == alone
          #expect(isEqual, "\(precision), \(threadCount) threads")
        }
      }
    }
  }

  /// Longer than the windows of local attention, so that these are cut.
  @Test func architecturesHaveTheSameBitsForAnyNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      let types = ModelFixture.architectures.filter { !ModelFixture.compared.contains($0) }
      try #require(!types.isEmpty)
      let alone = try types.map { try Self.parameters(afterSteps: 1, in: .float32, of: $0) }
      for threadCount in 2...3 {
        ThreadPool.shared.configure(threadCount: threadCount, spins: false)
        for (type, alone) in zip(types, alone) {
          let isEqual = try Self.parameters(afterSteps: 1, in: .float32, of: type) == alone
          #expect(isEqual, "\(type), \(threadCount) threads")
        }
      }
    }
  }

  /// In a process of its own, because all tests of a process share the arena.
  @Test func stepsOfASteadyRunAskTheSystemForNoMemory() async {
    await #expect(processExitsWith: .success) {
      for precision in Precision.allCases where precision.isSupported {
        var statistics: [Arena.Statistics] = []
        _ = try Self.parameters(afterSteps: 12, in: precision) {
          statistics.append(Arena.shared.statistics)
        }
        // Masks, and so sizes, differ from step to step.
        #expect(statistics.suffix(9).allSatisfy { $0.byteCount == statistics[2].byteCount })
        #expect(statistics.allSatisfy { $0.usedByteCount == statistics[0].usedByteCount })
      }
    }
  }

  /// Rounding to 8 bits changes a product by less than 2⁻⁸ of its terms, and their sum by less.
  @Test(.enabled(if: Precision.bfloat16.isSupported))
  func roundedGradientsAreCloseToExactOnes() throws {
    func gradients(_ precision: Precision) throws -> [[Float]] {
      let fixture = try ModelFixture("bert")
      let model = try fixture.model()
      model.parameters.precision = precision
      model.differentiate(fixture.batches[1])
      return model.parameters.parameters.filter { !$0.name.isKeyBias }.map(\.gradientElements)
    }
    let exact = try gradients(.float32)
    let rounded = try gradients(.bfloat16)
    #expect(exact != rounded)
    for (exact, rounded) in zip(exact, rounded) {
      let size = exact.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let error = zip(exact, rounded).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      #expect(error <= 0.03 * size)
    }
  }

  /// Of a model whose loops are cut into pieces, and with dropout everywhere.
  private static func parameters(
    afterSteps stepCount: Int, in precision: Precision, of type: String = "bert",
    afterStep: () -> Void = {}
  ) throws -> [UInt32] {
    let configuration = try ModelConfiguration.custom(
      EncoderSize(layerCount: 2, width: 128, headCount: 2, intermediateSize: 512), type: type,
      vocabularySize: 5_003, positionCount: 512, dropout: 0.1, paddingID: 0)
    let model = ModelRegistry.make(configuration, key: RandomKey(seed: 1))
    model.parameters.precision = precision
    var run = TrainingRun(model, decaysEverything: false)
    run.clip = 1
    for step in 0..<stepCount {
      defer { afterStep() }
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
