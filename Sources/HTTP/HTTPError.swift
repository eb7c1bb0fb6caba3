package import Diagnostics

/// Why a server gave no answer that can be used.
package struct HTTPError: Diagnostic, Equatable {
  /// What went wrong.
  package enum Problem: Equatable, Sendable {
    /// There is no connection, or it broke; the library's number and words.
    case connection(code: Int32, words: String)
    /// The server does not prove who it is.
    case certificate(words: String)
    /// Nothing or next to nothing arrived for a while.
    case tooSlow(seconds: Int)
    /// The connection ended before the announced end of the answer.
    case endsEarly
    /// The answer has more bytes than are taken.
    case tooLarge(limit: UInt64)
  }

  /// The address, in a form that can be shown.
  package let address: String
  /// What went wrong.
  package let problem: Problem

  package init(address: String, problem: Problem) {
    (self.address, self.problem) = (address, problem)
  }

  /// Whether the same question may be answered a moment later.
  package var isTransient: Bool {
    switch problem {
    case .connection, .tooSlow, .endsEarly: true
    case .certificate, .tooLarge: false
    }
  }

  package var exitCode: ExitCode { .unavailable }

  package var description: String {
    let reason =
      switch problem {
      case .connection(_, let words): words
      case .certificate(let words): words
      case .tooSlow(let seconds): "next to nothing arrived for \(seconds) s"
      case .endsEarly: "the connection ended before the answer did"
      case .tooLarge(let limit): "the answer has more than \(limit) bytes"
      }
    return "\(address): \(reason): check the network, the proxy and the address"
  }
}
