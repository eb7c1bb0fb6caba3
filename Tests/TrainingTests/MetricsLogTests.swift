import Files
import TestSupport
import Testing
import Training

struct MetricsLogTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func lines() throws -> [JSON] {
    let bytes = try #require(contents(of: folder.path("metrics.jsonl")))
    return try bytes.split(separator: 10).map { try JSON.parse(Array($0), file: "metrics.jsonl") }
  }

  private func metrics(_ step: Int) -> StepMetrics {
    StepMetrics(
      step: step, stepCount: 5, epoch: Double(step) / 4, loss: 2, averageLoss: 1 / 3,
      learningRate: 5e-4, gradientNorm: 0.1, tokenCount: 1_000, totalTokenCount: step * 1_000,
      maskedCount: 150)
  }

  @Test func everyLoggedStepIsALineAndSoIsTheLast() throws {
    let log = try MetricsLog(path: folder.path("metrics.jsonl"), logEvery: 2)
    log.trainingBegins(TrainingOverview(startStep: 0, stepCount: 5, stepsPerEpoch: 4))
    for step in 1...5 { try log.stepEnded(metrics(step)) }
    let lines = try lines()
    #expect(lines.map { $0["step"]?.int } == [2, 4, 5])
    #expect(lines[0]["loss"]?.double == 1.0 / 3)
    #expect(lines[0]["epoch"]?.double == 0.5)
    #expect(lines[0]["learning_rate"]?.double == 5e-4)
    #expect(lines[0]["grad_norm"]?.double == 0.1)
    #expect(lines[2]["tokens"]?.int == 5_000)
    #expect(lines[2]["tokens_per_second"]?.double ?? 0 > 0)
    #expect(lines[0]["startup_seconds"]?.double ?? 0 > 0)
    #expect(lines[1...].allSatisfy { $0["startup_seconds"] == nil })
  }

  @Test func evaluationsHaveTheNamesThatTransformersUses() throws {
    let log = try MetricsLog(path: folder.path("metrics.jsonl"), logEvery: 1)
    let evaluation = Evaluation(
      lossSum: 100, correctCount: 25, maskedCount: 50, sampleCount: 7, unigramLossSum: 250,
      duration: .milliseconds(1_250))
    try log.evaluated(evaluation, after: 3, epoch: 0.75)
    let line = try #require(try lines().first)
    #expect(line["step"]?.int == 3)
    #expect(line["eval_loss"]?.double == 2)
    #expect(abs((line["perplexity"]?.double ?? 0) - 7.389056) < 1e-5)
    #expect(line["eval_accuracy"]?.double == 0.5)
    #expect(line["eval_unigram_loss"]?.double == 5)
    #expect(line["eval_runtime"]?.double == 1.25)
  }

  @Test func linesFollowThoseOfStepsThatTheRunHasReached() throws {
    try folder.write("{\"step\":1}\n{\"step\":2}\n", to: "metrics.jsonl")
    let log = try MetricsLog(path: folder.path("metrics.jsonl"), keepingThrough: 1, logEvery: 1)
    try log.stepEnded(metrics(2))
    #expect(try lines().map { $0["step"]?.int } == [1, 2])
  }

  @Test func filesThatCannotBeOpenedAreNamed() throws {
    #expect(throws: FileError.self) {
      try MetricsLog(path: folder.path("nowhere/metrics.jsonl"), logEvery: 1)
    }
  }
}

struct LossTrackerTests {
  @Test func meanIsOfTheLossesSinceTheRestart() {
    var tracker = LossTracker()
    #expect(tracker.mean.isNaN)
    tracker.add(10)
    tracker.restart()
    tracker.add(1)
    tracker.add(2)
    #expect(tracker.mean == 1.5)
    #expect(LossTracker(sum: tracker.sum, count: tracker.count) == tracker)
  }
}
