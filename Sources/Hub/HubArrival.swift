import Files

/// What has arrived of a file: bytes on the disk that an interrupted download goes on from, and their
/// digest so far.
final class HubArrival {
  private enum Sum {
    case sha256(SHA256)
    case git(GitBlobSum)
  }

  /// How many bytes are here.
  private(set) var byteCount: UInt64 = 0

  private let path: String
  private let expected: HubClient.FileInformation
  private let shown: String
  private var output: AppendedFile
  private var sum: Sum

  /// Opens what an earlier attempt has left, or begins a new file.
  ///
  /// - Parameters:
  ///   - path: Where the bytes are gathered.
  ///   - expected: What the hub says about the file.
  ///   - shown: The file's name for messages.
  ///   - beat: Called between pieces, to tell others that the work goes on.
  /// - Throws: `FileError`, or what `beat` throws.
  init(
    _ path: String, expected: HubClient.FileInformation, shown: String, beat: () throws -> Void
  ) throws {
    (self.path, self.expected, self.shown) = (path, expected, shown)
    // What is no file of its own could lead elsewhere.
    if try !Self.isOrdinary(path, upTo: expected.byteCount) { try File.remove(path) }
    output = try AppendedFile(path, followingLinks: false)
    sum = Self.sum(for: expected)
    try InputFile(path).forEachPiece {
      add($0)
      try beat()
    }
  }

  /// Whether nothing is missing.
  var isComplete: Bool { byteCount == expected.byteCount }

  /// Begins anew.
  ///
  /// - Throws: `FileError`.
  func discard() throws {
    try File.remove(path)
    output = try AppendedFile(path, followingLinks: false)
    sum = Self.sum(for: expected)
    byteCount = 0
  }

  /// Takes the next bytes.
  ///
  /// - Throws: `HubError.size` if they are more than were announced; `FileError`.
  func take(_ bytes: [UInt8]) throws {
    let count = byteCount + UInt64(bytes.count)
    guard count <= expected.byteCount else {
      try discard()
      throw HubError.size(file: shown, expected: expected.byteCount, found: count)
    }
    try output.append(bytes)
    add(bytes)
  }

  /// Makes sure that all bytes are here, on the disk, and the announced ones.
  ///
  /// - Throws: `HubError.size` if some are missing; `HubError.damaged` if they are others, none of which
  ///   are kept then; `FileError`.
  func finish() throws {
    guard isComplete else {
      throw HubError.size(file: shown, expected: expected.byteCount, found: byteCount)
    }
    let found =
      switch sum {
      case .sha256(let sum): sum.finish().hex
      case .git(let sum): sum.finish()
      }
    guard found == expected.tag else {
      try discard()
      throw HubError.damaged(file: shown, expected: expected.tag, found: found)
    }
    try output.synchronize()
  }

  private func add(_ bytes: [UInt8]) {
    byteCount += UInt64(bytes.count)
    switch sum {
    case .sha256(let sum): sum.update(bytes)
    case .git(let sum): sum.update(bytes)
    }
  }

  /// Whether a path has nothing, or a file itself that is not too large.
  private static func isOrdinary(_ path: String, upTo limit: UInt64) throws -> Bool {
    guard try !File.isLink(path) else { return false }
    return switch try File.kind(of: path) {
    case nil: true
    case .regularFile(let byteCount): byteCount <= limit
    default: false
    }
  }

  private static func sum(for file: HubClient.FileInformation) -> Sum {
    file.tag.utf8.count == 64 ? .sha256(SHA256()) : .git(GitBlobSum(byteCount: file.byteCount))
  }
}
