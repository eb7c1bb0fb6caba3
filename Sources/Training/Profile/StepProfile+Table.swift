import Kernels

extension StepProfile {
  /// The rates that operations are compared with, in operations and bytes a second.
  struct Ceilings {
    let flops: Double
    let bytes: Double

    /// Measures them on the pool's threads, which takes a second.
    static func measure(rounded: Bool) -> Ceilings {
      Ceilings(
        flops: MatrixProductCeiling.measure(rounded: rounded), bytes: MemoryBandwidth.measure())
    }
  }

  private static let phases = ["waiting for data", "sum over ranks"]

  /// One line an operation, at most 80 columns wide.
  func table(_ ceilings: Ceilings) -> [String] {
    guard stepCount > 0 else {
      return ["profile: the run ended before its fourth step, from which on steps are recorded"]
    }
    let steps = Double(stepCount)
    let whole = seconds(ofPhase: "step")
    var lines = [
      "profile of \(stepCount) steps, \(NumberText.fixed(whole / steps * 1e3, 2)) ms each; products "
        + "up to \(NumberText.fixed(ceilings.flops / 1e9, 0)) GFLOP/s, "
        + "memory up to \(NumberText.fixed(ceilings.bytes / 1e9, 0)) GB/s",
      Self.row("operation", "calls", "ms", "share", "rate", "of ceiling"),
    ]
    var sum = 0.0
    for operation in operations {
      sum += operation.seconds
      let isProduct = operation.flops > 0
      let rate = (isProduct ? operation.flops : operation.bytes) / operation.seconds
      let ceiling = isProduct ? ceilings.flops : ceilings.bytes
      lines.append(
        Self.row(
          operation.name, NumberText.fixed(Double(operation.callCount) / steps, 0),
          NumberText.fixed(operation.seconds / steps * 1e3, 2),
          Self.percent(operation.seconds / whole),
          NumberText.fixed(rate / 1e9, 0) + (isProduct ? " GFLOP/s" : " GB/s"),
          Self.percent(rate / ceiling)))
    }
    for phase in Self.phases {
      let seconds = seconds(ofPhase: phase)
      sum += seconds
      lines.append(
        Self.row(
          phase, "", NumberText.fixed(seconds / steps * 1e3, 2), Self.percent(seconds / whole), "",
          ""))
    }
    let rest = max(0, whole - sum)
    lines.append(
      Self.row(
        "between operations", "", NumberText.fixed(rest / steps * 1e3, 2),
        Self.percent(rest / whole), "", ""))
    return lines
  }

  private static func percent(_ share: Double) -> String {
    share.isFinite ? NumberText.fixed(share * 100, 1) + " %" : ""
  }

  private static func row(_ cells: String...) -> String {
    let widths = [27, 6, 9, 8, 13, 11]
    return "  "
      + zip(cells, widths).enumerated().map { index, cell in
        let space = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
        return index == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "")
  }
}
