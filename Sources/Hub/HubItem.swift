import Files

/// One file of a model as one cache gives it to another.
package struct HubItem: Equatable, Sendable {
  /// Its name in the model.
  package let name: String
  /// The digest of its bytes: SHA-256, or git's SHA-1.
  package let tag: String
  /// How many bytes it has.
  package let byteCount: UInt64

  /// Lists what a folder has of what is needed, small files first.
  ///
  /// - Parameters:
  ///   - needs: Which files, none of which may be missing.
  ///   - folder: A commit's folder in the cache.
  ///   - beat: Called between pieces of what has to be read, to tell others that the work goes on.
  /// - Returns: The files.
  /// - Throws: `FileError`, what is wrong with an index of weights, or what `beat` throws.
  package static func list(
    _ needs: HubNeeds, in folder: String, beat: () throws -> Void
  ) throws -> [HubItem] {
    try HubFiles.present(needs, in: folder).map { name in
      let path = "\(folder)/\(name)"
      return HubItem(
        name: name, tag: try tag(of: path, beat: beat), byteCount: try File.size(of: path))
    }
  }

  /// The digest that a link to a blob names; where there are no links, the one of the file's bytes.
  private static func tag(of path: String, beat: () throws -> Void) throws -> String {
    if let target = try File.linkTarget(path) {
      let name = String(decoding: target, as: UTF8.self).split(separator: "/").last ?? ""
      if [40, 64].contains(where: { HubRevision.isDigest(String(name), count: $0) }) {
        return String(name)
      }
    }
    let sum = SHA256()
    try InputFile(path).forEachPiece {
      sum.update($0)
      try beat()
    }
    return sum.finish().hex
  }

  /// Several files as lines of text, for another process.
  package static func encoded(_ items: [HubItem]) -> [UInt8] {
    Array(items.map { "\($0.tag) \($0.byteCount) \($0.name)" }.joined(separator: "\n").utf8)
  }

  /// The files that `encoded` has written.
  ///
  /// - Precondition: The bytes come from there.
  package static func decoded(_ bytes: [UInt8]) -> [HubItem] {
    bytes.split(separator: UInt8(ascii: "\n")).map { line in
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2).map {
        String(decoding: $0, as: UTF8.self)
      }
      precondition(parts.count == 3, "a line without digest, size and name")
      return HubItem(name: parts[2], tag: parts[0], byteCount: UInt64(parts[1]) ?? 0)
    }
  }
}
