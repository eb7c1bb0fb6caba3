public import Datasets
public import Tokenizers

/// How near a model came to the best that is possible on the invented language, rule by rule.
public struct LanguageReport: Sendable, Equatable {
  /// The result of one rule.
  public struct Row: Sendable, Equatable {
    /// The rule.
    public let rule: String
    /// The share of hidden words that were the model's first choice.
    public let accuracy: Double
    /// The share that the best possible model gets right.
    public let bestAccuracy: Double
    /// The model's cross-entropy in nats per hidden word.
    public let loss: Double
    /// The least possible cross-entropy.
    public let bestLoss: Double
  }

  /// A row for every rule, in the language's order.
  public let rows: [Row]

  /// Asks a model about hidden words of sentences that it was not trained on.
  ///
  /// A word of several tokens is hidden by as many masks and counts as right if all are.
  ///
  /// - Parameters:
  ///   - language: the language that the model was trained on.
  ///   - filler: the model.
  ///   - tokenizer: the model's.
  ///   - count: how many sentences a rule gets.
  ///   - mask: how the tokenizer spells a mask.
  ///   - answered: called after every sentence; a place to give signs of life to waiting ranks.
  /// - Throws: `MaskFillerError` if the model cannot read a sentence.
  public init(
    of language: InventedLanguage, asking filler: MaskFiller, tokenizer: Tokenizer,
    sentencesPerRule count: Int, mask: String = "[MASK]", answered: () throws -> Void = {}
  ) throws {
    let probes = language.probes(perRule: count)
    rows = try language.ruleNames.map { rule in
      let own = probes.filter { $0.rule == rule }
      var lossSum = 0.0
      var rightCount = 0
      for probe in own {
        let hidden = tokenizer.encodeIDs(Array(probe.answer.utf8))
        let masks = [String](repeating: mask, count: hidden.count).joined(separator: " ")
        let surprise = try filler.surprise(at: hidden, in: probe.text(mask: masks))
        lossSum += surprise.nats
        rightCount += surprise.isRight ? 1 : 0
        try answered()
      }
      let number = Double(own.count)
      return Row(
        rule: rule, accuracy: Double(rightCount) / number,
        bestAccuracy: own.reduce(0) { $0 + $1.prediction.bestAccuracy } / number,
        loss: lossSum / number, bestLoss: own.reduce(0) { $0 + $1.prediction.entropy } / number)
    }
  }

  /// The rows as a table, and their mean as its last line.
  public var table: [String] {
    let heading = line("rule", "accuracy", "best", "loss", "best")
    let lines = rows.map { row in
      line(
        row.rule, percent(row.accuracy), percent(row.bestAccuracy), nats(row.loss),
        nats(row.bestLoss))
    }
    let mean = line(
      "all", percent(mean(of: \.accuracy)), percent(mean(of: \.bestAccuracy)),
      nats(mean(of: \.loss)), nats(mean(of: \.bestLoss)))
    return [heading] + lines + [mean]
  }

  private func mean(of value: KeyPath<Row, Double>) -> Double {
    rows.reduce(0) { $0 + $1[keyPath: value] } / Double(rows.count)
  }

  private func percent(_ share: Double) -> String { NumberText.fixed(share * 100, 1) + " %" }

  private func nats(_ value: Double) -> String { NumberText.fixed(value, 3) }

  private func line(_ name: String, _ cells: String...) -> String {
    name + String(repeating: " ", count: max(0, 14 - name.count))
      + cells.map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 }.joined()
  }
}
