/// Which state of a model's files is meant: a branch, a tag or a commit.
package struct HubRevision: Equatable, Sendable, CustomStringConvertible {
  /// The revision as the user spells it.
  package let text: String

  /// What is taken where nothing else is asked for.
  package static let main = HubRevision(unchecked: "main")

  /// A revision; nil if the text cannot be one.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count <= 255, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      !text.utf8.contains(where: { "\\:?*[~^".utf8.contains($0) }),
      parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains("..") })
    else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }

  package var description: String { text }

  /// Whether it names one state for ever.
  var isCommit: Bool { Self.isDigest(text, count: 40) }

  /// Whether a text is that many hexadecimal digits in lower case.
  static func isDigest(_ text: String, count: Int) -> Bool {
    text.utf8.count == count
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}
