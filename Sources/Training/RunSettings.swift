internal import DataParallel
package import Diagnostics
package import Files

/// Everything that decides about the bits of a run, by the names of the options that set it.
///
/// Every rank must have the same, and so must a run that is resumed.
package struct RunSettings: Equatable {
  /// The settings and their values in a fixed order.
  package private(set) var values: [(name: String, value: JSON)] = []

  /// The settings of a run whose defaults are resolved.
  ///
  /// - Parameters:
  ///   - arguments: what the user asked for.
  ///   - resolved: what followed from it, from the model and the data.
  package init(_ arguments: TrainingArguments, _ resolved: Resolved) {
    values = [
      ("--data", JSON(resolved.dataFingerprint)),
      ("--tokenizer", JSON(resolved.tokenizerFingerprint)),
      ("--validation-fraction", JSON(arguments.validationFraction)),
      ("--block-size", JSON(arguments.blockSize)),
      ("--mask-probability", JSON(arguments.maskProbability)),
      ("--micro-batch-size", JSON(arguments.microBatchSize)),
      ("--global-batch-size", JSON(arguments.globalBatchSize)),
      ("--steps", JSON(resolved.stepCount)),
      ("--learning-rate", JSON(resolved.learningRate)),
      ("--warmup-steps", JSON(resolved.warmupSteps)),
      ("--weight-decay", JSON(arguments.weightDecay)),
      ("--clip-norm", JSON(arguments.clipNorm)),
      (Self.precisionName, JSON(resolved.precision)),
      ("--loss-normalization", JSON(arguments.lossNormalization.rawValue)),
      ("--parity", JSON(arguments.parity.rawValue)),
      ("--seed", JSON(arguments.seed)),
    ]
    for (key, value) in resolved.modelConfiguration.object?.members ?? [] {
      values.append(("--model " + String(decoding: key, as: UTF8.self), value))
    }
  }

  package static let precisionName = "--precision"
  /// What runs did before there was a choice.
  private static let first = [
    precisionName: JSON("fp32"), "--loss-normalization": JSON("tokens"), "--parity": JSON("none"),
  ]

  /// Values that follow from arguments, model and data together.
  package struct Resolved {
    /// What tells the prepared data from any other.
    package var dataFingerprint: String
    /// What tells the tokenizer from any other.
    package var tokenizerFingerprint: String
    /// The config.json of the model, or null for a model that has none.
    package var modelConfiguration: JSON
    /// What matrix products are computed in.
    package var precision: String
    /// The number of optimizer steps.
    package var stepCount: Int
    /// The highest learning rate.
    package var learningRate: Double
    /// The steps in which the learning rate rises.
    package var warmupSteps: Int

    /// Values that follow from arguments, model and data together.
    package init(
      dataFingerprint: String, tokenizerFingerprint: String, modelConfiguration: JSON,
      precision: String = "fp32", stepCount: Int, learningRate: Double, warmupSteps: Int
    ) {
      self.dataFingerprint = dataFingerprint
      self.tokenizerFingerprint = tokenizerFingerprint
      self.modelConfiguration = modelConfiguration
      self.precision = precision
      self.stepCount = stepCount
      self.learningRate = learningRate
      self.warmupSteps = warmupSteps
    }
  }

  /// The settings as a checkpoint keeps them.
  package var json: JSON { JSON(values.map { ($0.name, $0.value) }) }

  /// The settings as lines that ranks can compare.
  package var texts: [(name: String, value: String)] {
    values.map { ($0.name, Self.text($0.value)) }
  }

  /// Makes sure that a run with these settings can go on from a checkpoint.
  ///
  /// - Parameters:
  ///   - saved: the settings that the checkpoint keeps.
  ///   - checkpoint: its name for the message.
  /// - Throws: `SettingsDiffer` with every setting that differs.
  package func requireEqual(to saved: JSON, of checkpoint: String) throws {
    let differences = values.compactMap { name, value -> SettingsDiffer.Difference? in
      let old = saved[name] ?? Self.first[name]
      return old == value
        ? nil
        : SettingsDiffer.Difference(
          name: name, saved: old.map(Self.text) ?? "nothing", current: Self.text(value))
    }
    guard differences.isEmpty else {
      throw SettingsDiffer(checkpoint: checkpoint, differences: differences)
    }
  }

  package static func == (left: RunSettings, right: RunSettings) -> Bool {
    left.json == right.json
  }

  private static func text(_ value: JSON) -> String {
    String(displaying: value.bytes ?? value.serialized(), limit: 160)
  }
}

/// A checkpoint was made with other settings than those of the run that wants to go on from it.
package struct SettingsDiffer: Diagnostic, Equatable {
  /// A setting with both values.
  package struct Difference: Sendable, Equatable {
    /// The option that sets it.
    package let name: String
    /// The value in the checkpoint.
    package let saved: String
    /// The value now.
    package let current: String
  }

  /// Which checkpoint it is.
  package let checkpoint: String
  /// Everything that differs.
  package let differences: [Difference]

  package var exitCode: ExitCode { .configuration }

  package var description: String {
    let listed = differences.map { "\($0.name) was \($0.saved), is \($0.current)" }
    return "\(String(displaying: checkpoint.utf8, limit: 300)): other settings than this run's: "
      + listed.joined(separator: "; ")
      + ": resume with the same settings, or start a new run in another --output"
  }
}
