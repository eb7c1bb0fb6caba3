import CCurl

/// An http or https address without user and password, taken apart by the parser of the library that
/// connects: what is checked here is what is contacted.
package struct HTTPAddress: Equatable, Sendable {
  /// Where a server is; two addresses with equal origins lead to the same one.
  package struct Origin: Equatable, Sendable {
    /// Whether the connection is encrypted and the server proves who it is.
    package let isSecure: Bool
    /// The name or number of the host in lower case; IPv6 in brackets.
    package let host: String
    /// The port.
    package let port: Int

    /// Whether the host is this machine by name or number.
    package var isLoopback: Bool {
      host == "localhost" || host == "[::1]" || host.hasPrefix("127.") || host == "0.0.0.0"
    }

    /// Whether the host is a number that means only something on its own link, such as the service
    /// that tells a cloud's machines their keys.
    package var isLinkLocal: Bool { host.hasPrefix("169.254.") || host.hasPrefix("[fe80:") }
  }

  /// The whole address.
  package let text: String
  /// Where it leads.
  package let origin: Origin
  /// Its path, from the slash behind the host on.
  package let path: String

  /// The address in a form that can be shown: without what follows the path, which may be secret.
  package var shown: String {
    "\(origin.isSecure ? "https" : "http")://\(origin.host)"
      + (origin.port == (origin.isSecure ? 443 : 80) ? "" : ":\(origin.port)") + path
  }

  /// An address; nil if the text is none, or one of another scheme or with a user.
  package init?(_ text: String) { self.init(text, relativeTo: nil) }

  /// Where a server's `Location` leads from here; nil if it is no http or https address.
  package func resolving(_ location: String) -> HTTPAddress? {
    HTTPAddress(location, relativeTo: self.text)
  }

  private init?(_ text: String, relativeTo base: String?) {
    // A NUL would end the text for the parser.
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = curl_url()
    else { return nil }
    defer { curl_url_cleanup(url) }
    let flags = UInt32(CURLU_DISALLOW_USER)
    for part in [base, text].compactMap(\.self) {
      guard curl_url_set(url, CURLUPART_URL, part, flags) == CURLUE_OK else { return nil }
    }
    func part(_ part: CURLUPart, _ flags: Int = 0) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(url, part, &text, UInt32(flags)) == CURLUE_OK, let text
      else { return nil }
      defer { curl_free(text) }
      return String(cString: text)
    }
    guard let scheme = part(CURLUPART_SCHEME), ["http", "https"].contains(scheme),
      let host = part(CURLUPART_HOST), !host.isEmpty, part(CURLUPART_USER) == nil,
      let port = part(CURLUPART_PORT, Int(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }),
      let whole = part(CURLUPART_URL)
    else { return nil }
    self.text = whole
    origin = Origin(isSecure: scheme == "https", host: host.lowercased(), port: port)
    path = part(CURLUPART_PATH) ?? "/"
  }
}
