import Files

/// Shows how a run advances: one live line on a terminal, a line every few steps elsewhere.
public final class ProgressReporter: TrainingCallback {
  private let console: Console
  private let logEvery: Int
  private var speed = SpeedMeter()
  private var redrawn: ContinuousClock.Instant?
  private var evaluationSampleCount = 0

  /// A reporter that writes plain lines every `logEvery` steps.
  public init(console: Console, logEvery: Int) {
    self.console = console
    self.logEvery = logEvery
  }

  /// Shows what the user should know.
  public func noted(_ note: String) {
    console.show("note: " + String(displaying: note.utf8, limit: 1_000))
  }

  /// Says where a resumed run goes on, and starts the clock.
  public func trainingBegins(_ overview: TrainingOverview) {
    if let checkpoint = overview.checkpoint {
      console.show(
        "resumed: step \(overview.startStep) of \(overview.stepCount), from "
          + String(displaying: checkpoint.utf8, limit: 200)
          + (overview.startStep < overview.stepCount ? "" : ": the run is complete"))
    }
    speed.restart()
  }

  /// Shows the step, if it is time to.
  public func stepEnded(_ metrics: StepMetrics) {
    speed.add(tokens: metrics.tokenCount)
    let isLast = metrics.step == metrics.stepCount
    if console.isTerminal {
      let now = ContinuousClock.now
      if let redrawn, !isLast, redrawn.duration(to: now) < .milliseconds(100) { return }
      redrawn = now
      console.showLive(liveLine(metrics))
    } else if isLast || metrics.step.isMultiple(of: logEvery) {
      console.show(
        ProgressLine.plain(
          metrics, tokensPerSecond: speed.tokensPerSecond, secondsLeft: secondsLeft(metrics)))
    }
  }

  /// Remembers how much there is to evaluate.
  public func evaluationBegins(sampleCount: Int) {
    evaluationSampleCount = sampleCount
    speed.pause()
  }

  /// Shows how far the evaluation is.
  public func evaluationAdvanced(toSample sample: Int) {
    console.showLive("evaluating: \(sample) of \(evaluationSampleCount) samples")
  }

  /// Shows what the evaluation found.
  public func evaluated(_ evaluation: Evaluation, after step: Int, epoch: Double) {
    console.clearLive()
    console.show("step \(step): evaluation: " + evaluation.summary)
    speed.resume()
  }

  /// Says where a checkpoint lies.
  public func checkpointed(to folder: String, after step: Int) {
    console.show("step \(step): saved \(String(displaying: folder.utf8, limit: 200))")
  }

  /// Leaves the last state of the live line behind.
  public func trainingEnds(_ outcome: TrainingOutcome) {
    console.clearLive()
  }

  private func secondsLeft(_ metrics: StepMetrics) -> Double {
    speed.secondsPerStep * Double(metrics.stepCount - metrics.step)
  }

  private func liveLine(_ metrics: StepMetrics) -> String {
    ProgressLine.live(
      metrics, tokensPerSecond: speed.tokensPerSecond, secondsLeft: secondsLeft(metrics),
      width: console.width - 1)
  }
}

extension Evaluation {
  /// One line for people: loss and perplexity beside the unigram baseline, accuracy, amount.
  public var summary: String {
    "loss \(NumberText.fixed(loss, 4)) (unigram \(NumberText.fixed(unigramLoss, 4)))"
      + ", perplexity \(NumberText.fixed(perplexity, 2))"
      + ", accuracy \(NumberText.fixed(accuracy * 100, 1)) %"
      + ", \(NumberText.grouped(maskedCount)) masked tokens"
      + " in \(NumberText.fixed(duration.inSeconds, 1)) s"
  }
}
