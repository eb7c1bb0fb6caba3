import Checkpoints
package import Files

/// Writes `metrics.jsonl`: one JSON object a line for every logged step and every evaluation.
public final class MetricsLog: TrainingCallback {
  private let file: MetricsFile
  private let logEvery: Int
  private let warn: (String) throws -> Void
  private var isComplete = true
  private var speed = SpeedMeter()
  /// How long after its start the process had made its first step; nil before that, or once written.
  private var startupSeconds: Double?

  /// A log that goes on behind some step of a file, with a line every `logEvery` steps.
  ///
  /// - Parameters:
  ///   - path: the file; lines of later steps are moved to another file beside it.
  ///   - step: the step that the run has reached.
  ///   - logEvery: the steps between two lines.
  ///   - warn: told when lines cannot be written for now: they are kept until they can.
  /// - Throws: if the file cannot be read or written.
  public init(
    path: String, keepingThrough step: Int = 0, logEvery: Int,
    warn: @escaping (String) throws -> Void = { _ in }
  ) throws {
    file = try MetricsFile(path, keepingThrough: step)
    self.logEvery = logEvery
    self.warn = warn
  }

  /// Starts the clock and looks how long it took to come here.
  public func trainingBegins(_ overview: TrainingOverview) {
    startupSeconds = ProcessAge.seconds
    speed.restart()
  }

  /// Writes the step, if it is one to log.
  ///
  /// The first line of a process says when its first step began.
  ///
  /// - Throws: what `warn` throws.
  public func stepEnded(_ metrics: StepMetrics) throws {
    speed.add(tokens: metrics.tokenCount)
    guard metrics.step.isMultiple(of: logEvery) || metrics.step == metrics.stepCount else { return }
    let startup = startupSeconds.map { [("startup_seconds", JSON($0))] } ?? []
    startupSeconds = nil
    try write(
      [
        ("step", JSON(metrics.step)),
        ("epoch", JSON(metrics.epoch)),
        ("loss", JSON(metrics.averageLoss)),
        ("learning_rate", JSON(metrics.learningRate)),
        ("grad_norm", JSON(metrics.gradientNorm)),
        ("tokens", JSON(metrics.totalTokenCount)),
        ("tokens_per_second", JSON(speed.tokensPerSecond.rounded())),
      ] + startup)
  }

  /// Stops the clock while the model is evaluated.
  public func evaluationBegins(sampleCount: Int) {
    speed.pause()
  }

  /// Writes what the evaluation found.
  ///
  /// - Throws: what `warn` throws.
  public func evaluated(_ evaluation: Evaluation, after step: Int, epoch: Double) throws {
    speed.resume()
    try write([("step", JSON(step)), ("epoch", JSON(epoch))] + evaluation.members)
  }

  /// Writes what could not be written before.
  ///
  /// - Throws: if the file still cannot be written.
  public func trainingEnds(_ outcome: TrainingOutcome) throws { try file.flush() }

  /// Writes a line; where the disk is full the run goes on, and the line waits for room.
  private func write(_ members: [(String, JSON)]) throws {
    do {
      try file.append(JSON(members))
      isComplete = true
    } catch let error as FileError {
      guard isComplete else { return }
      isComplete = false
      try warn("\(error): the lines are kept in memory until they can be written")
    }
  }
}

extension Evaluation {
  /// One JSON object in one line.
  public var json: String { String(decoding: JSON(members).serialized(), as: UTF8.self) }

  /// The numbers under the names that users of Transformers know.
  package var members: [(String, JSON)] {
    [
      ("eval_loss", JSON(loss)),
      ("perplexity", JSON(perplexity)),
      ("eval_accuracy", JSON(accuracy)),
      ("eval_unigram_loss", JSON(unigramLoss)),
      ("eval_masked_tokens", JSON(maskedCount)),
      ("eval_samples", JSON(sampleCount)),
      ("eval_runtime", JSON(duration.inSeconds)),
    ]
  }
}
