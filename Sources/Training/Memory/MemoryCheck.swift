internal import Collectives
package import Diagnostics

/// Whether a machine has what a forecast asks for.
package struct MemoryCheck: Sendable {
  /// What is needed.
  package let forecast: MemoryForecast
  /// What the machine still has; nil where that is not known.
  package let offer: MemoryOffer?
  private let arguments: TrainingArguments
  private let addressBytes: Int
  private let addressLimit: Int?

  /// The check of a forecast on this machine.
  ///
  /// - Parameters:
  ///   - forecast: what is needed.
  ///   - arguments: what could be changed.
  ///   - offer: what the machine still has.
  ///   - addressBytes: the addresses that this process has mapped.
  ///   - addressLimit: the addresses that it may map, or nil.
  package init(
    _ forecast: MemoryForecast, _ arguments: TrainingArguments,
    offer: MemoryOffer? = MemoryOffer.smallest(),
    addressBytes: Int = ProcessMemory.addressBytes,
    addressLimit: Int? = ProcessMemory.addressLimit
  ) {
    self.forecast = forecast
    self.arguments = arguments
    self.offer = offer
    self.addressBytes = addressBytes
    self.addressLimit = addressLimit
  }

  /// All that the node's ranks can have together, what they hold already included.
  package var offeredBytes: Int? {
    offer.map { $0.byteCount + forecast.nodeSize * forecast.residentBytes }
  }

  /// Makes sure that the memory suffices.
  ///
  /// - Throws: `MemoryShortage`.
  package func require() throws {
    if let offer, let offeredBytes, forecast.nodeBytes > offeredBytes {
      throw MemoryShortage(
        neededBytes: forecast.nodeBytes, offeredBytes: offeredBytes, source: offer.source,
        scope: forecast.nodeSize == 1
          ? "this machine" : "this machine, with \(forecast.nodeSize) ranks,",
        remedies: remedies(fixed: forecast.leastNodeBytes, offered: offeredBytes))
    }
    let addresses = addressBytes + forecast.addressBytes
    if let addressLimit, addresses > addressLimit {
      let fixed = addresses - (forecast.nodeBytes - forecast.leastNodeBytes) / forecast.nodeSize
      throw MemoryShortage(
        neededBytes: addresses, offeredBytes: addressLimit, source: "shell's ulimit -v",
        scope: "a rank",
        remedies: remedies(fixed: fixed, offered: addressLimit))
    }
  }

  private func remedies(fixed: Int, offered: Int) -> [String] {
    var remedies: [String] = []
    if fixed < offered {
      if arguments.microBatchSize > 1 { remedies.append("a smaller --micro-batch-size") }
      if !arguments.recompute { remedies.append("--recompute") }
      if arguments.blockSize > 16 { remedies.append("a smaller --block-size") }
    }
    return remedies.isEmpty ? ["a smaller --model or more memory"] : remedies
  }
}

/// A machine has too little memory for a run.
package struct MemoryShortage: Diagnostic, Equatable {
  /// What the run needs.
  package let neededBytes: Int
  /// What there is.
  package let offeredBytes: Int
  /// Who sets the limit.
  package let source: String
  /// Who needs it.
  package let scope: String
  /// What would help.
  package let remedies: [String]

  package var exitCode: ExitCode { .memory }

  package var description: String {
    let last = remedies.last ?? ""
    let others = remedies.dropLast().joined(separator: ", ")
    return
      "memory: too little for this run: \(scope) needs \(NumberText.grouped(neededBytes)) bytes "
      + "(\(NumberText.megabytes(neededBytes))), the \(source) offers "
      + "\(NumberText.grouped(offeredBytes)) (\(NumberText.megabytes(offeredBytes))): use "
      + (others.isEmpty ? last : others + " or " + last)
  }
}
