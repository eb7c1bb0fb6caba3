import Files
import TestSupport
import Testing

/// Weights that lack something are trained further, and the console says what was made up.
struct CompletedWeightsTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  private func train(_ output: String, _ model: String, _ more: String...) throws
    -> Subprocess.Result
  {
    try run.train(
      [
        "train", "--data", run.text, "--output", run.folder.path(output), "--model", model,
        "--block-size", "16", "--micro-batch-size", "2", "--global-batch-size", "8", "--steps", "2",
        "--threads", "1",
      ] + more)
  }

  private func path(_ output: String) -> String { run.folder.path(output) + "/model" }

  private func vocabularySize(_ output: String) throws -> Int {
    let file = path(output) + "/config.json"
    return try #require(JSON.parse(File.read(file), file: file)["vocab_size"]?.int)
  }

  @Test func aTokenizerWithMoreTokensGrowsTheEmbeddings() throws {
    for (output, size) in [("small", "34"), ("large", "44")] {
      let result = try train(output, "micro", "--vocabulary-size", size)
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    let (small, large) = try (vocabularySize("small"), vocabularySize("large"))
    try #require(small < large)
    let result = try train("grown", path("small"), "--tokenizer", path("large"))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(
      result.errors.contains("config.json says \(small), the tokenizer has \(large) tokens"),
      "\(result.errors)")
    #expect(result.errors.contains("grows from \(small) to \(large) tokens"), "\(result.errors)")
    #expect(try vocabularySize("grown") == large)
  }

  @Test func anEncoderAloneGetsAFreshHead() throws {
    #expect(try train("whole", "micro", "--vocabulary-size", "40").exitCode == 0)
    let file = path("whole") + "/model.safetensors"
    let reader = try SafeTensorsReader(file)
    let kept = reader.tensors.filter { $0.name.starts(with: "bert.".utf8) }
    let values = try kept.map { try reader.floats(of: $0) }
    let all = values.flatMap { $0 }
    try all.withUnsafeBufferPointer { all in
      var offset = 0
      let entries = zip(kept, values).map { tensor, values in
        defer { offset += values.count }
        return SafeTensorsWriter.Entry(
          name: String(decoding: tensor.name.dropFirst(5), as: UTF8.self), shape: tensor.shape,
          values: UnsafeBufferPointer(rebasing: all[offset..<offset + values.count]))
      }
      try File.remove(file)
      let sink = try DurableWriter(creating: file)
      try SafeTensorsWriter(entries).write(to: sink)
      try sink.commit()
    }
    let result = try train("headed", path("whole"))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(
      result.errors.contains("note: the weights hold no masked-language head: '"),
      "\(result.errors)")
    let evaluation = try lockstep("evaluate", "--model", path("whole"), "--data", run.text)
    #expect(evaluation.exitCode == 65)
    #expect(
      evaluation.errorReports.first?.contains("with a masked-language head?") == true,
      "\(evaluation.errors)")
  }
}
