package import HTTP

/// Where redirects of a hub are followed to.
package enum HubRedirect {
  /// The most redirects of one question.
  static let limit = 5

  /// Whether an answer asks to be followed elsewhere.
  static func isOne(_ response: HTTPResponse) -> Bool {
    [301, 302, 303, 307, 308].contains(response.status)
  }

  /// The address that an answer leads to.
  ///
  /// - Parameters:
  ///   - address: What was asked for.
  ///   - response: The answer.
  ///   - home: The hub's own origin.
  /// - Returns: The address.
  /// - Throws: `HubError.redirect` if it is none, if the way there would not be encrypted any more, or if
  ///   it leads from a hub elsewhere to this machine or to its own link.
  package static func target(
    from address: HTTPAddress, _ response: HTTPResponse, home: HTTPAddress.Origin
  ) throws -> HTTPAddress {
    func refused(_ reason: String) -> HubError {
      .redirect(from: address.shown, reason: reason)
    }
    guard let location = response["location"] else { throw refused("it is not named") }
    guard let target = address.resolving(location) else {
      throw refused("it is neither http nor https")
    }
    if address.origin.isSecure, !target.origin.isSecure {
      throw refused("http from https, \(target.shown)")
    }
    if target.origin.isLinkLocal || target.origin.isLoopback && !home.isLoopback {
      throw refused("of this machine or network, \(target.shown)")
    }
    return target
  }
}
