import Files
import Tokens

/// Text files, or text in memory, to be trained on.
///
/// Text is UTF-8; lines end with LF, CR LF or CR; a document is a run of lines that are not blank. A
/// byte order mark is skipped.
public struct TextDataset: Sendable {
  let sources: [TextSource]
  let isInMemory: Bool

  /// Looks at files.
  ///
  /// - Throws: `TextError` if there is none, one is missing, unreadable or evidently not UTF-8 text, or
  ///   one is named twice. What lies further inside is found out when it is read.
  public init(_ paths: String...) throws {
    try self.init(paths: paths)
  }

  /// Looks at files.
  ///
  /// - Throws: `TextError` if there is none, one is missing, unreadable or evidently not UTF-8 text, or
  ///   one is named twice. What lies further inside is found out when it is read.
  public init(paths: [String]) throws {
    guard !paths.isEmpty else { throw TextError.noFiles }
    sources = try paths.map { try TextSource(path: $0) }
    isInMemory = false
    for (place, source) in sources.enumerated() {
      let first = sources[..<place].first { other in
        guard let identity = source.identity else { return false }
        return other.identity?.isSameFile(as: identity) ?? false
      }
      if let first { throw TextError.listedTwice(path: source.name, first: first.name) }
    }
  }

  /// Takes text from memory.
  ///
  /// - Parameters:
  ///   - text: UTF-8
  ///   - name: what errors call it
  /// - Throws: `TextError` if it is evidently not UTF-8 text
  public init(text: [UInt8], name: String = "text") throws {
    sources = [try TextSource(name: name, bytes: text)]
    isInMemory = true
  }

  /// The size of all texts together.
  public var byteCount: Int {
    sources.reduce(0) { $0 + Int($1.byteCount) }
  }

  /// What a user should know about the texts, each in one line.
  public var notes: [String] {
    sources.filter { $0.start > 0 }.map {
      "\(String(displaying: $0.name.utf8, limit: 4096)): a byte order mark was skipped"
    }
  }
}
