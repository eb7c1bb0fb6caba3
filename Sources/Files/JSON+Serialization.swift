extension JSON {
  /// Spells the value as JSON text, members in their order, without a line end behind it.
  ///
  /// - Parameter pretty: One member or element a line, indented by two spaces, instead of no spaces.
  /// - Returns: The text's UTF-8 bytes.
  package func serialized(pretty: Bool = false) -> [UInt8] {
    var output: [UInt8] = []
    append(to: &output, pretty: pretty, depth: 0)
    return output
  }

  private func append(to output: inout [UInt8], pretty: Bool, depth: Int) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .number(let text): output += text.utf8
    case .string(let bytes): Self.append(string: bytes, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        Self.separate(&output, index: index, pretty: pretty, depth: depth + 1)
        element.append(to: &output, pretty: pretty, depth: depth + 1)
      }
      if pretty, !elements.isEmpty { Self.breakLine(&output, depth: depth) }
      output.append(UInt8(ascii: "]"))
    case .object(let object):
      output.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        Self.separate(&output, index: index, pretty: pretty, depth: depth + 1)
        Self.append(string: member.key, to: &output)
        output += (pretty ? ": " : ":").utf8
        member.value.append(to: &output, pretty: pretty, depth: depth + 1)
      }
      if pretty, object.count > 0 { Self.breakLine(&output, depth: depth) }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func separate(_ output: inout [UInt8], index: Int, pretty: Bool, depth: Int) {
    if index > 0 { output.append(UInt8(ascii: ",")) }
    if pretty { breakLine(&output, depth: depth) }
  }

  private static func breakLine(_ output: inout [UInt8], depth: Int) {
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: 2 * depth))
  }

  private static func append(string bytes: [UInt8], to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    defer { output.append(UInt8(ascii: "\"")) }
    guard bytes.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else {
      output += bytes
      return
    }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""): output += "\\\"".utf8
      case UInt8(ascii: "\\"): output += "\\\\".utf8
      case 0x08: output += "\\b".utf8
      case 0x0C: output += "\\f".utf8
      case 0x0A: output += "\\n".utf8
      case 0x0D: output += "\\r".utf8
      case 0x09: output += "\\t".utf8
      case 0..<0x20:
        output += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      default: output.append(byte)
      }
    }
  }
}
