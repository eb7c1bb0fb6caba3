import TestSupport
import Testing

struct RecomputeTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  @Test func recomputationEndsWithTheSameFile() throws {
    let settings = run.command("--model", "micro", "--dropout", "0.1")
    #expect(try run.train(settings).exitCode == 0)
    let weights = try #require(run.weights())

    let recomputed = ["--recompute", "--output", run.folder.path("recomputed")]
    #expect(try run.train(ranks: 2, settings + recomputed).exitCode == 0)
    #expect(run.weights(in: run.folder.path("recomputed")) == weights)
  }

  @Test func aRunGoesOnWithOrWithoutRecomputation() throws {
    let settings = run.command("--model", "micro", "--dropout", "0.1")
    #expect(try run.train(settings).exitCode == 0)
    let resumed = try run.train(settings + ["--resume", "--recompute"])
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
  }
}
