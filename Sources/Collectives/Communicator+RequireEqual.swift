extension Communicator {
  /// Makes sure that all ranks have the same values.
  ///
  /// All ranks must call it.
  ///
  /// - Parameters:
  ///   - values: settings, digests of files and the like, by name.
  ///   - operation: what this is for, for the message of an error.
  /// - Throws: `RanksDisagree` on every rank, which names each value and the ranks that have it.
  public func requireEqual(
    _ values: [(name: String, value: String)], _ operation: String = "comparison of settings"
  ) throws {
    guard worldSize > 1 else { return }
    let parts = try allgather(encode(values), operation)
    guard parts.contains(where: { $0 != parts[0] }) else { return }
    let tables = parts.map(decode)
    var names: [String] = []
    for table in tables {
      for (name, _) in table where !names.contains(name) { names.append(name) }
    }
    let differences = names.compactMap { name in
      difference(name, tables.map { table in table.first { $0.name == name }?.value })
    }
    throw RanksDisagree(differences: differences, isReportedHere: isRoot)
  }

  private func difference(_ name: String, _ texts: [String?]) -> RanksDisagree.Difference? {
    var values: [RanksDisagree.Value] = []
    for text in texts where !values.contains(where: { sameBytes($0.text, text) }) {
      let ranks = texts.indices.filter { sameBytes(texts[$0], text) }
      values.append(RanksDisagree.Value(text: text, ranks: ranks))
    }
    return values.count > 1 ? RanksDisagree.Difference(name: name, values: values) : nil
  }

  /// Equality of bytes, where that of strings would take different spellings of one text for equal.
  private func sameBytes(_ first: String?, _ second: String?) -> Bool {
    first.map { Array($0.utf8) } == second.map { Array($0.utf8) }
  }

  private func encode(_ values: [(name: String, value: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for text in values.flatMap({ [$0.name, $0.value] }) {
      withUnsafeBytes(of: Int64(text.utf8.count)) { bytes.append(contentsOf: $0) }
      bytes.append(contentsOf: text.utf8)
    }
    return bytes
  }

  private func decode(_ bytes: [UInt8]) -> [(name: String, value: String)] {
    var texts: [String] = []
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes {
        Int($0.loadUnaligned(fromByteOffset: start, as: Int64.self))
      }
      texts.append(String(decoding: bytes[start + 8..<start + 8 + count], as: UTF8.self))
      start += 8 + count
    }
    return stride(from: 0, to: texts.count, by: 2).map { (texts[$0], texts[$0 + 1]) }
  }
}
