import Testing
import Training

private let sample = StepMetrics(
  step: 120, stepCount: 1_000, epoch: 0.3612, loss: 5.32134, averageLoss: 5.4,
  learningRate: 4.8e-4, gradientNorm: 1.3249, tokenCount: 8_192, totalTokenCount: 983_040,
  maskedCount: 1_228)

private final class Screen {
  var text = ""

  func console(isTerminal: Bool, width: Int = 80) -> Console {
    Console(isTerminal: isTerminal, width: { width }, write: { self.text += $0 })
  }
}

struct ProgressTests {
  @Test func liveLineShowsEverythingThatFits() {
    let line = ProgressLine.live(sample, tokensPerSecond: 9_812, secondsLeft: 83, width: 120)
    #expect(
      line == "[##----------------------] 120/1000 epoch 0.36 loss 5.321 lr 4.8e-04 "
        + "norm 1.32 9,812 tok/s 1 min 23 s left")
  }

  @Test func barOutlastsTheLearningRateOnAnOrdinaryTerminal() {
    let line = ProgressLine.live(sample, tokensPerSecond: 9_812, secondsLeft: 83, width: 79)
    #expect(
      line == "[--------] 120/1000 epoch 0.36 loss 5.321 norm 1.32 9,812 tok/s 1 min 23 s left")
  }

  @Test(arguments: 20...160)
  func liveLineNeverExceedsTheTerminal(width: Int) {
    let line = ProgressLine.live(sample, tokensPerSecond: 1e6, secondsLeft: 1e5, width: width)
    #expect(line.count <= width)
    #expect(line.contains("120/1000"))
  }

  @Test func lossOutlastsTheOtherPartsOnANarrowTerminal() {
    let line = ProgressLine.live(sample, tokensPerSecond: 9_812, secondsLeft: 83, width: 22)
    #expect(line == "120/1000 loss 5.321")
  }

  @Test func plainLineHasEveryNumber() {
    #expect(
      ProgressLine.plain(sample, tokensPerSecond: 9_812.4, secondsLeft: 83)
        == "step 120/1000  epoch 0.36  loss 5.4000  learning rate 4.80e-04  "
        + "gradient norm 1.325  9,812 tokens/s  1 min 23 s left")
  }

  @Test func pipesGetALineEveryFewStepsAndOneForTheLast() {
    let screen = Screen()
    let reporter = ProgressReporter(console: screen.console(isTerminal: false), logEvery: 4)
    reporter.trainingBegins(TrainingOverview(startStep: 0, stepCount: 10, stepsPerEpoch: 5))
    for step in 1...10 {
      var metrics = sample
      metrics.step = step
      metrics.stepCount = 10
      reporter.stepEnded(metrics)
    }
    let steps = screen.text.split(separator: "\n").map { $0.prefix { $0 != "/" } }
    #expect(steps == ["step 4", "step 8", "step 10"])
  }

  @Test(arguments: [
    (4, "resumed: step 4 of 10, from run/checkpoints/step-4\n"),
    (10, "resumed: step 10 of 10, from run/checkpoints/step-4: the run is complete\n"),
  ])
  func aResumedRunSaysWhereItGoesOn(step: Int, line: String) {
    let screen = Screen()
    ProgressReporter(console: screen.console(isTerminal: false), logEvery: 1).trainingBegins(
      TrainingOverview(
        startStep: step, stepCount: 10, stepsPerEpoch: 5, checkpoint: "run/checkpoints/step-4"))
    #expect(screen.text == line)
  }

  @Test func linesThatStayPushTheLiveLineDown() {
    let screen = Screen()
    let console = screen.console(isTerminal: true)
    console.showLive("working")
    console.show("saved")
    #expect(screen.text == "\rworking\u{1B}[K\r\u{1B}[Ksaved\nworking")
    screen.text = ""
    console.clearLive()
    console.show("done")
    #expect(screen.text == "\r\u{1B}[Kdone\n")
  }

  @Test func liveLinesAreNotShownInAPipe() {
    let screen = Screen()
    screen.console(isTerminal: false).showLive("working")
    #expect(screen.text.isEmpty)
  }

  @Test func evaluationSummaryComparesWithTheBaseline() {
    let evaluation = Evaluation(
      lossSum: 100, correctCount: 25, maskedCount: 50, sampleCount: 7, unigramLossSum: 250,
      duration: .milliseconds(1_250))
    #expect(
      evaluation.summary == "loss 2.0000 (unigram 5.0000), perplexity 7.39, accuracy 50.0 %, "
        + "50 masked tokens in 1.3 s")
  }
}

struct SpeedMeterTests {
  /// A clock that a test turns by hand.
  private final class Clock {
    var seconds = 0.0
  }

  @Test func onlyTheWindowCounts() {
    let clock = Clock()
    var meter = SpeedMeter(windowSeconds: 10, clock: { clock.seconds })
    for _ in 0..<100 {
      clock.seconds += 1
      meter.add(tokens: 10)
    }
    #expect(meter.tokensPerSecond == 10)
    for _ in 0..<100 {
      clock.seconds += 0.5
      meter.add(tokens: 10)
    }
    #expect(meter.tokensPerSecond == 20)
    #expect(meter.secondsPerStep == 0.5)
  }

  @Test func pausesAreLeftOut() {
    let clock = Clock()
    var meter = SpeedMeter(windowSeconds: 100, clock: { clock.seconds })
    clock.seconds = 1
    meter.add(tokens: 8)
    meter.pause()
    clock.seconds = 50
    meter.resume()
    clock.seconds = 51
    meter.add(tokens: 8)
    #expect(meter.tokensPerSecond == 8)
  }

  @Test func stepsLongerThanTheWindowAreStillMeasured() {
    let clock = Clock()
    var meter = SpeedMeter(windowSeconds: 10, clock: { clock.seconds })
    for _ in 0..<5 {
      clock.seconds += 30
      meter.add(tokens: 60)
    }
    #expect(meter.tokensPerSecond == 2)
    #expect(meter.secondsPerStep == 30)
  }

  @Test func nothingIsMeasuredBeforeTheFirstStep() {
    let meter = SpeedMeter(windowSeconds: 10, clock: { 0 })
    #expect(meter.tokensPerSecond == 0)
    #expect(meter.secondsPerStep == 0)
  }
}
