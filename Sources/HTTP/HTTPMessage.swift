/// What a server is asked.
package struct HTTPRequest {
  /// Whether only the headers of the answer are wanted.
  package var isHead = false
  /// What is asked for.
  package var address: HTTPAddress
  /// Names and values of headers beside the usual ones.
  package var headers: [(name: String, value: String)] = []
  /// After how many seconds the answer must be there as a whole; nil for as long as it keeps coming.
  package var timeoutSeconds: Int?

  /// Asks for an address.
  package init(_ address: HTTPAddress, isHead: Bool = false, timeoutSeconds: Int? = nil) {
    (self.address, self.isHead, self.timeoutSeconds) = (address, isHead, timeoutSeconds)
  }
}

/// What a server answers, without the body.
package struct HTTPResponse: Sendable {
  /// The status code.
  package internal(set) var status = 0
  /// The headers: names in lower case, values without the space around them.
  private(set) var headers: [(name: String, value: String)] = []

  /// An answer with a status and headers.
  package init(status: Int = 0, headers: [(name: String, value: String)] = []) {
    self.status = status
    self.headers = headers.map { ($0.name.lowercased(), $0.value) }
  }

  /// The first value of a header.
  package subscript(name: String) -> String? {
    headers.first { $0.name == name.lowercased() }?.value
  }

  /// A header that is a number of bytes.
  package func byteCount(_ name: String) -> UInt64? { self[name].flatMap { UInt64($0) } }

  /// Takes a line of headers; a line with a status begins them anew.
  mutating func take(_ line: String) {
    if line.hasPrefix("HTTP/") {
      self = HTTPResponse()
      return
    }
    guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
    let value = line[line.utf8.index(after: colon)...]
    headers.append((line[..<colon].lowercased(), Self.trimmed(value)))
  }

  private static func trimmed(_ text: Substring) -> String {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    guard let first = text.firstIndex(where: { !isSpace($0) }),
      let last = text.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(text[first...last])
  }
}
