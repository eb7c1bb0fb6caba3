public import Diagnostics

extension TrainingArguments {
  /// What is wrong with the values, one sentence each, naming options as the command line does.
  public func problems() -> [String] {
    rangeProblems() + combinationProblems()
  }

  /// Throws if anything is wrong with the values.
  ///
  /// - Throws: `ArgumentsError` with every problem.
  public func validate() throws {
    let problems = problems()
    guard problems.isEmpty else { throw ArgumentsError(problems: problems) }
  }

  private func rangeProblems() -> [String] {
    var found = RangeProblems()
    found.check("validation-fraction", validationFraction, "at least 0 and below 1") {
      $0 >= 0 && $0 < 1
    }
    found.check("block-size", blockSize, in: 4...65_536)
    found.check("mask-probability", maskProbability, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    found.check("vocabulary-size", vocabularySize, in: 32...10_000_000)
    found.check("dropout", dropout, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    found.check("epochs", epochs, in: 1...1_000_000)
    found.check("steps", steps, in: 1...1_000_000_000)
    found.check("micro-batch-size", microBatchSize, in: 1...65_536)
    found.check("global-batch-size", globalBatchSize, in: 1...16_777_216)
    found.check("learning-rate", learningRate, "above 0 and at most 10") { $0 > 0 && $0 <= 10 }
    found.check("warmup-steps", warmupSteps, in: 0...1_000_000_000)
    found.check("weight-decay", weightDecay, "at least 0 and at most 1") { $0 >= 0 && $0 <= 1 }
    found.check("clip-norm", clipNorm, "at least 0 (0 switches clipping off)") { $0 >= 0 }
    found.check("threads", threads, in: 1...1_024)
    found.check("log-every", logEvery, in: 1...1_000_000_000)
    found.check("evaluate-every", evaluateEvery, in: 0...1_000_000_000)
    found.check("save-every", saveEvery, in: 0...1_000_000_000)
    found.check("keep", keep, in: 1...1_000_000)
    return found.sentences
  }

  private func combinationProblems() -> [String] {
    var problems: [String] = []
    if epochs != nil, steps != nil {
      problems.append("--epochs and --steps both say when to end: give one of them")
    }
    if tokenizer != nil, vocabularySize != nil {
      problems.append("--vocabulary-size is of no use with --tokenizer: give one of them")
    }
    if microBatchSize >= 1, globalBatchSize >= 1, !globalBatchSize.isMultiple(of: microBatchSize) {
      problems.append(
        "--global-batch-size \(globalBatchSize) is not a multiple of "
          + "--micro-batch-size \(microBatchSize): \(nearestMultiples()) would do")
    }
    if let steps, let warmupSteps, warmupSteps >= steps {
      problems.append("--warmup-steps \(warmupSteps) leaves none of --steps \(steps) to train")
    }
    return problems
  }

  private func nearestMultiples() -> String {
    let below = globalBatchSize / microBatchSize * microBatchSize
    return below > 0 ? "\(below) or \(below + microBatchSize)" : "\(microBatchSize)"
  }
}

/// Arguments that no run can honour.
public struct ArgumentsError: Diagnostic, Equatable {
  /// What is wrong, one sentence each.
  public let problems: [String]

  /// An error that lists these problems.
  public init(problems: [String]) { self.problems = problems }

  /// The code for a setting that cannot be honoured.
  public var exitCode: ExitCode { .configuration }

  /// Every problem, in one line.
  public var description: String { problems.joined(separator: "; ") }
}
