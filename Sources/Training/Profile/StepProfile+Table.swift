import Kernels

extension StepProfile {
  /// The rates that operations are compared with, in operations and bytes a second.
  struct Ceilings {
    /// Of products in the run's precision.
    let flops: Double
    let bytes: Double
    /// Whether the run's products are rounded to bfloat16.
    let isRounded: Bool

    /// Measures them on the pool's threads, which takes a second.
    static func measure(rounded: Bool) -> Ceilings {
      Ceilings(
        flops: MatrixProductCeiling.measure(rounded: rounded), bytes: MemoryBandwidth.measure(),
        isRounded: rounded)
    }

    /// The share of its ceiling that an operation reaches, nil where none was measured for it.
    func share(of operation: Operation) -> Double? {
      guard operation.flops > 0 else { return operation.bytes / operation.seconds / bytes }
      if isRounded, operation.name.hasPrefix("product fp32") { return nil }
      return operation.flops / operation.seconds / flops
    }
  }

  private static let phases = ["waiting for data", "sum over ranks", "waiting for ranks"]

  /// One line an operation, at most 80 columns wide.
  func table(_ ceilings: Ceilings) -> [String] {
    guard stepCount > 0 else {
      return ["profile: the run ended before its fourth step, from which on steps are recorded"]
    }
    let steps = Double(stepCount)
    let whole = seconds(ofPhase: "step")
    guard whole > 0 else {
      return ["profile: another rank of this process was recorded, see its trace"]
    }
    var lines = [
      "profile of \(stepCount) steps, \(NumberText.fixed(whole / steps * 1e3, 2)) ms each",
      "  ceilings: products \(NumberText.fixed(ceilings.flops / 1e9, 0)) GFLOP/s, "
        + "memory \(NumberText.fixed(ceilings.bytes / 1e9, 0)) GB/s",
      Self.row("operation", "calls", "ms", "share", "rate", "of ceiling"),
    ]
    var sum = 0.0
    for operation in operations {
      sum += operation.seconds
      let isProduct = operation.flops > 0
      let rate = (isProduct ? operation.flops : operation.bytes) / operation.seconds
      lines.append(
        Self.row(
          operation.name, NumberText.fixed(Double(operation.callCount) / steps, 0),
          NumberText.fixed(operation.seconds / steps * 1e3, 2),
          Self.percent(operation.seconds / whole),
          NumberText.fixed(rate / 1e9, 0) + (isProduct ? " GFLOP/s" : " GB/s"),
          ceilings.share(of: operation).map(Self.percent) ?? ""))
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
    lines.append(
      Self.row(
        "total", "", NumberText.fixed(whole / steps * 1e3, 2), Self.percent(1), "", ""))
    return lines
  }

  private static func percent(_ share: Double) -> String {
    share.isFinite ? NumberText.fixed(share * 100, 1) + " %" : ""
  }

  private static func row(_ cells: String...) -> String {
    let widths = [27, 6, 9, 8, 13, 11]
    let cells = cells.prefix(1 + (cells.lastIndex { !$0.isEmpty } ?? 0))
    return "  "
      + zip(cells, widths).enumerated().map { index, cell in
        let space = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
        return index == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "")
  }
}
