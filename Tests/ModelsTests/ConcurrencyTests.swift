import Layers
import Models
import Tensors
import Testing

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

  private static func gradients(of fixture: ModelFixture) throws -> [UInt32] {
    let model = try fixture.model()
    model.differentiate(fixture.batches[1])
    return model.parameters.parameters.flatMap { $0.gradientElements.map(\.bitPattern) }
  }
}
