/// How tensors are divided among safetensors files, as Transformers does it: in the order in which they
/// are given, each file filled until the next tensor would make it too large.
package struct SafeTensorsShardPlan {
  /// The files: a name and what it holds.
  package let files: [(name: String, entries: [SafeTensorsWriter.Entry])]
  /// The contents of the index, nil where one file holds all.
  package let index: [UInt8]?

  /// The name of a file that holds all tensors.
  package static let singleName = "model.safetensors"
  /// The name of the index of several files.
  package static let indexName = "model.safetensors.index.json"

  /// Divides tensors.
  ///
  /// - Parameters:
  ///   - entries: All tensors.
  ///   - maximumBytes: The most bytes of numbers in a file that holds more than one tensor; nil for no
  ///     limit.
  package init(_ entries: [SafeTensorsWriter.Entry], maximumBytes: Int? = nil) {
    var groups: [[SafeTensorsWriter.Entry]] = [[]]
    var byteCount = 0
    for entry in entries {
      let more = entry.values.count * MemoryLayout<Float>.size
      if let maximumBytes, !groups[groups.count - 1].isEmpty, byteCount + more > maximumBytes {
        groups.append([])
        byteCount = 0
      }
      groups[groups.count - 1].append(entry)
      byteCount += more
    }
    guard groups.count > 1 else {
      files = [(Self.singleName, entries)]
      index = nil
      return
    }
    let count = groups.count
    files = groups.enumerated().map { number, entries in
      ("model-\(Self.padded(number + 1))-of-\(Self.padded(count)).safetensors", entries)
    }
    let parameterCount = entries.reduce(0) { $0 + $1.values.count }
    let places = files.flatMap { file in file.entries.map { ($0.name, JSON(file.name)) } }
      .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    let json = JSON([
      (
        "metadata",
        JSON([
          ("total_parameters", JSON(parameterCount)),
          ("total_size", JSON(parameterCount * MemoryLayout<Float>.size)),
        ])
      ),
      ("weight_map", .object(JSONObject(distinct: places.map { (key: $0.0, value: $0.1) }))),
    ])
    index = json.serialized(pretty: true) + [0x0A]
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
