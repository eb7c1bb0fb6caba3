extension String {
  /// Makes text of bytes that came from outside safe to print: control characters, line ends and bytes
  /// that are not UTF-8 are escaped, and what is longer than `limit` characters is cut.
  package init(displaying bytes: some Sequence<UInt8>, limit: Int = 80) {
    var text = ""
    var count = 0
    // One scalar more than the limit is enough to know that the text is cut.
    let kept = Array(bytes.prefix(4 * (limit + 1)))
    for scalar in String(decoding: kept, as: UTF8.self).unicodeScalars {
      guard count < limit else {
        text += "…"
        break
      }
      count += 1
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
        text += scalar.value < 0x80 ? "\\x\(scalar.value < 16 ? "0" : "")" : "\\u{"
        text += String(scalar.value, radix: 16)
        text += scalar.value < 0x80 ? "" : "}"
      default:
        text.unicodeScalars.append(scalar)
      }
    }
    self = text
  }
}
