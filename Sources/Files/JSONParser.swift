extension JSON {
  /// The deepest nesting of arrays and objects that is read.
  package static let depthLimit = 64

  /// Reads one JSON value and nothing else, exactly as RFC 8259 spells it: no byte-order mark, no trailing
  /// comma, no comment, no key twice in one object, valid UTF-8 only.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - file: The name that errors give to where the text comes from.
  /// - Returns: The value.
  /// - Throws: `JSONError`.
  package static func parse(_ bytes: [UInt8], file: String) throws -> JSON {
    try bytes.withUnsafeBufferPointer { try parse($0, file: file) }
  }

  /// Reads one JSON value and nothing else from bytes in memory.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - file: The name that errors give to where the text comes from.
  /// - Returns: The value.
  /// - Throws: `JSONError`.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws -> JSON {
    var parser = JSONParser(bytes, file: file)
    return try parser.document()
  }

  /// Reads a file that holds one JSON value.
  ///
  /// - Parameters:
  ///   - path: A regular file.
  ///   - limit: The most bytes to take.
  /// - Returns: The value.
  /// - Throws: `FileError` or `JSONError`.
  package static func read(_ path: String, limit: Int = 1 << 30) throws -> JSON {
    try parse(try File.read(path, limit: limit), file: path)
  }
}

/// A recursive-descent reader over bytes in memory.
private struct JSONParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String
  private var position = 0
  private var depth = 0
  /// Keys seen lately, so that the thousands of objects of one table share their keys' memory.
  private var recentKeys = [[UInt8]](repeating: [], count: 64)

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func document() throws -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw malformed(expected: "a value", found: "a byte-order mark")
    }
    if let offset = firstInvalidUTF8(in: bytes) {
      position = offset
      throw malformed(expected: "UTF-8", found: "byte 0x\(String(bytes[offset], radix: 16))")
    }
    skipSpace()
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw malformed(expected: "the end of the text") }
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func value() throws -> JSON {
    switch next {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte):
      return .number(try number())
    default: throw malformed(expected: "a value")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
    for offset in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[offset] else { throw malformed(expected: "'\(word)'") }
      position += 1
    }
    return value
  }

  // MARK: - Arrays and objects

  private mutating func descend() throws {
    depth += 1
    if depth > JSON.depthLimit {
      throw JSONError.tooDeep(file: file, offset: position, limit: JSON.depthLimit)
    }
    position += 1
    skipSpace()
  }

  private mutating func ascend() {
    depth -= 1
    position += 1
  }

  private mutating func array() throws -> [JSON] {
    try descend()
    var elements: [JSON] = []
    if next == UInt8(ascii: "]") {
      ascend()
      return elements
    }
    while true {
      elements.append(try value())
      skipSpace()
      switch next {
      case UInt8(ascii: ","):
        position += 1
        skipSpace()
      case UInt8(ascii: "]"):
        ascend()
        return elements
      default: throw malformed(expected: "',' or ']'")
      }
    }
  }

  private mutating func object() throws -> JSONObject {
    try descend()
    var object = JSONObject()
    if next == UInt8(ascii: "}") {
      ascend()
      return object
    }
    while true {
      let keyOffset = position
      guard next == UInt8(ascii: "\"") else { throw malformed(expected: "a key in quotes") }
      let key = try string(isKey: true)
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw malformed(expected: "':'") }
      position += 1
      skipSpace()
      guard object.insert(key, try value()) else {
        throw JSONError.duplicateKey(file: file, offset: keyOffset, key: key, depth: depth)
      }
      skipSpace()
      switch next {
      case UInt8(ascii: ","):
        position += 1
        skipSpace()
      case UInt8(ascii: "}"):
        ascend()
        return object
      default: throw malformed(expected: "',' or '}'")
      }
    }
  }

  // MARK: - Strings

  private mutating func string(isKey: Bool = false) throws -> [UInt8] {
    position += 1
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let content = UnsafeBufferPointer(rebasing: bytes[start..<position])
        position += 1
        return isKey ? shared(content) : Array(content)
      }
      if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
      guard byte >= 0x20 else { throw malformed(expected: "an escaped control character") }
      position += 1
    }
    throw malformed(expected: "the closing quote")
  }

  private mutating func shared(_ key: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard let first = key.first, let last = key.last, key.count <= 32 else { return Array(key) }
    let place = (Int(first) &+ 7 &* Int(last) &+ 31 &* key.count) & 63
    if recentKeys[place].elementsEqual(key) { return recentKeys[place] }
    let copy = Array(key)
    recentKeys[place] = copy
    return copy
  }

  private mutating func stringWithEscapes(from start: Int) throws -> [UInt8] {
    var content = Array(bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return content
      case UInt8(ascii: "\\"):
        position += 1
        try appendEscape(to: &content)
      case 0..<0x20: throw malformed(expected: "an escaped control character")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw malformed(expected: "the closing quote")
  }

  private mutating func appendEscape(to content: inout [UInt8]) throws {
    guard let byte = next else { throw malformed(expected: "an escape") }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      position += 1
      content.append(contentsOf: UTF8.encode(try escapedScalar()).map(Array.init) ?? [])
      return
    default: throw malformed(expected: "one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
    position += 1
  }

  private mutating func escapedScalar() throws -> Unicode.Scalar {
    let start = position - 2
    let high = try hexadecimal()
    var value = high
    if high & 0xFC00 == 0xD800, next == UInt8(ascii: "\\") {
      position += 1
      if next == UInt8(ascii: "u") {
        position += 1
        let low = try hexadecimal()
        if low & 0xFC00 == 0xDC00 { value = 0x10000 + (high & 0x3FF) << 10 + low & 0x3FF }
      }
    }
    guard let scalar = Unicode.Scalar(value) else {
      position = start
      throw malformed(expected: "a pair of surrogates", found: "half of one")
    }
    return scalar
  }

  private mutating func hexadecimal() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      switch next {
      case .some(let digit) where isDigit(digit):
        value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
      case .some(let digit) where (0x61...0x66).contains(digit | 0x20):
        value = value << 4 | UInt32((digit | 0x20) - 0x61 + 10)
      default: throw malformed(expected: "a hexadecimal digit")
      }
      position += 1
    }
    return value
  }

  // MARK: - Numbers

  private mutating func number() throws -> String {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private mutating func digits() throws {
    let start = position
    while let byte = next, isDigit(byte) { position += 1 }
    if position == start { throw malformed(expected: "a digit") }
  }

  // MARK: - Errors

  private func malformed(expected: String, found: String? = nil) -> JSONError {
    let before = bytes[..<position]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return .malformed(
      file: file, offset: position, line: 1 + before.count { $0 == 0x0A },
      column: 1 + position - lineStart, expected: expected, found: found ?? foundHere)
  }

  private var foundHere: String {
    guard let byte = next else { return "the end of the text" }
    let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    return "'\(String(displaying: bytes[position...].prefix(length)))'"
  }
}
