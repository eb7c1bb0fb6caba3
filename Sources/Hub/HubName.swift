/// The name of a model on a hub: `organization/model`, or `model` for those that have none.
package struct HubName: Equatable, Sendable, CustomStringConvertible {
  /// The name as the hub spells it.
  package let text: String

  private static let longest = 96

  /// A name; nil if a hub cannot have it.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), text.utf8.count <= Self.longest,
      parts.allSatisfy(Self.isPart), !text.utf8.reversed().starts(with: ".git".utf8.reversed())
    else { return nil }
    self.text = text
  }

  /// Whether a text that leads to no file is more likely a model's name than a misspelt word or path:
  /// it has an organization, or words joined by dashes as the hub's oldest models do.
  package var isTelling: Bool { text.utf8.contains { "/-".utf8.contains($0) } }

  package var description: String { text }

  /// The name of its folder in the cache.
  var folderName: String { "models--" + text.split(separator: "/").joined(separator: "--") }

  private static func isPart(_ part: Substring) -> Bool {
    let ends = [part.utf8.first, part.utf8.last].compactMap(\.self)
    return ends.count == 2 && !ends.contains { "-.".utf8.contains($0) }
      && part.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
      && !part.contains("--") && !part.contains("..")
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
