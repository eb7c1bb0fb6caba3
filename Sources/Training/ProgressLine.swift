/// The words in which a step is shown.
package enum ProgressLine {
  private static let widestBar = 24
  private static let narrowestBar = 6

  /// One line for a terminal: as many parts as fit, the most wanted first.
  package static func live(
    _ metrics: StepMetrics, tokensPerSecond: Double, secondsLeft: Double, width: Int
  ) -> String {
    // In the order of the line; the second number says what is left out first. The bar stands for
    // itself until its width is known.
    let parts: [(text: String, rank: Int)] = [
      (String(repeating: "-", count: narrowestBar + 2), 4),
      ("\(metrics.step)/\(metrics.stepCount)", 0),
      ("epoch " + NumberText.fixed(metrics.epoch, 2), 6),
      ("loss " + NumberText.fixed(metrics.loss, 3), 1),
      ("lr " + NumberText.scientific(metrics.learningRate, 1), 7),
      ("norm " + NumberText.fixed(metrics.gradientNorm, 2), 5),
      (NumberText.grouped(Int(rounded: tokensPerSecond)) + " tok/s", 3),
      (NumberText.span(secondsLeft) + " left", 2),
    ]
    var fitting = parts.indices.sorted { parts[$0].rank < parts[$1].rank }
    func line(_ places: [Int]) -> String {
      places.sorted().map { parts[$0].text }.joined(separator: " ")
    }
    while fitting.count > 1, line(fitting).count > width { fitting.removeLast() }
    guard fitting.contains(0) else { return line(fitting) }
    let text = line(fitting.filter { $0 != 0 })
    let room = min(width - text.count - 3, widestBar)
    return "[" + bar(metrics.step, of: metrics.stepCount, width: room) + "] " + text
  }

  /// One line for a log.
  package static func plain(
    _ metrics: StepMetrics, tokensPerSecond: Double, secondsLeft: Double
  ) -> String {
    [
      "step \(metrics.step)/\(metrics.stepCount)",
      "epoch \(NumberText.fixed(metrics.epoch, 2))",
      "loss \(NumberText.fixed(metrics.averageLoss, 4))",
      "learning rate \(NumberText.scientific(metrics.learningRate, 2))",
      "gradient norm \(NumberText.fixed(metrics.gradientNorm, 3))",
      "\(NumberText.grouped(Int(rounded: tokensPerSecond))) tokens/s",
      "\(NumberText.span(secondsLeft)) left",
    ].joined(separator: "  ")
  }

  private static func bar(_ done: Int, of count: Int, width: Int) -> String {
    let filled = count > 0 ? min(width, width * done / count) : width
    return String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
  }
}

extension Int {
  /// The nearest whole number, or 0 for what is none or too large.
  fileprivate init(rounded value: Double) {
    self = value.magnitude < 1e15 ? Int(value.rounded()) : 0
  }
}
