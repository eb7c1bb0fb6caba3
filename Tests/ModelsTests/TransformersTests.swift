import Files
import Glibc
import Layers
import Models
import Testing

/// The other half is scripts/reference/check_saved_model.py, which opens what is written here.
struct TransformersTests {
  private static let folder = getenv("LOCKSTEP_SAVED_MODELS").map { String(cString: $0) }

  @Test(
    .enabled(if: Self.folder != nil, "LOCKSTEP_SAVED_MODELS says where to"),
    arguments: ModelFixture.architectures)
  func modelsAreSavedForTransformersToOpen(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    var run = TrainingRun(try fixture.model(), decaysEverything: true)
    for batch in fixture.batches.prefix(3) { run.step(on: batch) }
    let folder = try #require(Self.folder) + "/" + architecture
    try ModelFiles.save(run.model, folder: folder)
    try File.write(File.read(fixture.folder + "/inputs.json"), to: folder + "/inputs.json")

    let logits = fixture.batches.prefix(2).map { batch in
      run.model.predictions(for: batch.predictingEverything, in: .evaluation()).logits
    }
    let values = logits.flatMap { $0.flatMap { $0 } }
    try values.withUnsafeBufferPointer { values in
      let half = logits[0].count * logits[0][0].count
      let entries = [values[..<half], values[half...]].enumerated().map { index, part in
        SafeTensorsWriter.Entry(
          name: "logits.\(index)", shape: [logits[index].count, logits[index][0].count],
          values: UnsafeBufferPointer(rebasing: part))
      }
      let sink = try DurableWriter(creating: folder + "/logits.safetensors")
      try SafeTensorsWriter(entries).write(to: sink)
      try sink.commit()
    }
  }
}
