import Checkpoints
import Files
import TestSupport

/// A run's directory of a test's own, with checkpoints of made-up files.
struct RunFixture {
  let temporary: TemporaryFolder
  var path: String { temporary.path("run") }

  init() throws { temporary = try TemporaryFolder() }

  func store(keptCount: Int = 10) throws -> CheckpointStore {
    try CheckpointStore(in: try RunDirectory(path, resuming: true), keptCount: keptCount)
  }

  /// The bytes of one file of one step.
  static func bytes(_ name: String, step: Int, count: Int = 1000) -> [UInt8] {
    let seed = name.utf8.reduce(step) { $0 &* 31 &+ Int($1) }
    return (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 2_654_435_761 >> 13) }
  }

  static let names = ["model.safetensors", "config.json", "optimizer.safetensors"]

  @discardableResult
  static func save(_ step: Int, to store: CheckpointStore) throws -> Checkpoint {
    try store.save(
      step: step,
      pieces: names.map { name in
        (name, { sink in try sink.write(bytes(name, step: step)) })
      },
      state: ["epoch": JSON(step / 10), "seed": 42])
  }
}
