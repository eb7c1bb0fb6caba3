import Files

/// A hub on this machine with one model, `org/model`, and beside it, on another port, the server that
/// keeps its large files, as the real one has it.
public final class FakeHub: Sendable {
  /// The commit that every revision is.
  public static let commit = String(repeating: "0123456789", count: 4)
  /// The model.
  public static let name = "org/model"

  /// What the hub has, unless a test changes it.
  public static let files: [(name: String, bytes: [UInt8])] = [
    (".gitattributes", Array("*.safetensors filter=lfs".utf8)),
    ("README.md", Array("# A model".utf8)), ("config.json", Array("{\"a\": 1}".utf8)),
    ("model.safetensors", (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 >> 8) }),
    ("onnx/model.onnx", [1, 2, 3]), ("tokenizer.json", Array("{\"b\": 2}".utf8)),
    ("tokenizer_config.json", Array("{}".utf8)),
  ]

  private let files: [(name: String, bytes: [UInt8])]
  private let store: LocalServer
  private let hub: LocalServer

  /// Makes an answer of what was asked and of the honest one.
  public typealias Change =
    @Sendable (LocalServer.Request, _ honest: LocalServer.Reply) ->
    LocalServer.Reply

  /// Starts both.
  ///
  /// - Parameters:
  ///   - files: What the model has.
  ///   - answering: Changes the hub's own answers.
  ///   - storing: Changes the answers of the server with the large files.
  /// - Throws: `TestSupportError` if nobody can listen.
  public init(
    _ files: [(name: String, bytes: [UInt8])] = FakeHub.files,
    answering: @escaping Change = { $1 }, storing: @escaping Change = { $1 }
  ) throws {
    self.files = files
    let store = try LocalServer { storing($0, Self.stored($0, files)) }
    self.store = store
    let address = store.address
    hub = try LocalServer { answering($0, Self.answer($0, files, store: address)) }
  }

  /// Where the hub is.
  public var address: String { hub.address }
  /// What the hub itself was asked.
  public var requests: [LocalServer.Request] { hub.requests }
  /// What the server with the large files was asked.
  public var storeRequests: [LocalServer.Request] { store.requests }

  // MARK: - Honest answers

  static func isLarge(_ file: String) -> Bool {
    file.hasSuffix(".safetensors") || file.hasSuffix(".onnx")
  }

  /// The name of a file's bytes in the cache.
  public static func tag(_ file: String, _ bytes: [UInt8]) -> String {
    if isLarge(file) { return SHA256.digest(of: bytes).hex }
    let sum = GitBlobSum(byteCount: UInt64(bytes.count))
    sum.update(bytes)
    return sum.finish()
  }

  /// The answer that lists files.
  public static func listing(_ names: [String], commit: String = FakeHub.commit)
    -> LocalServer.Reply
  {
    let siblings = names.map { JSON([("rfilename", JSON($0))]) }
    let json = JSON([("id", JSON(name)), ("sha", JSON(commit)), ("siblings", JSON(siblings))])
    return .init(body: json.serialized())
  }

  private static func answer(
    _ request: LocalServer.Request, _ files: [(name: String, bytes: [UInt8])], store: String
  ) -> LocalServer.Reply {
    if request.path.hasPrefix("/api/models/\(name)/revision/") {
      return listing(files.map(\.name))
    }
    let prefix = "/\(name)/resolve/\(commit)/"
    guard request.path.hasPrefix(prefix),
      let file = files.first(where: { $0.name == request.path.dropFirst(prefix.count) })
    else { return .init(404, headers: [("X-Error-Code", "EntryNotFound")]) }
    let tag = "\"\(tag(file.name, file.bytes))\""
    guard isLarge(file.name) else {
      return .init(
        headers: [("X-Repo-Commit", commit), ("ETag", "W/" + tag)], body: file.bytes)
    }
    return .init(
      302,
      headers: [
        ("X-Repo-Commit", commit), ("ETag", "\"of the redirect\""), ("X-Linked-Etag", tag),
        ("X-Linked-Size", "\(file.bytes.count)"), ("Location", "\(store)/\(file.name)?key=secret"),
      ], body: Array("Found".utf8))
  }

  private static func stored(
    _ request: LocalServer.Request, _ files: [(name: String, bytes: [UInt8])]
  ) -> LocalServer.Reply {
    let name = request.path.dropFirst().prefix { $0 != "?" }
    guard let file = files.first(where: { $0.name == name }) else { return .init(404) }
    guard let range = request.headers["range"], range.hasPrefix("bytes="),
      let start = Int(range.dropFirst(6).dropLast()), start < file.bytes.count
    else { return .init(body: file.bytes) }
    return .init(
      206,
      headers: [
        ("Content-Range", "bytes \(start)-\(file.bytes.count - 1)/\(file.bytes.count)")
      ], body: Array(file.bytes[start...]))
  }
}
