import Files
import Glibc
import HTTP

/// Asks one hub about one model.
///
/// It follows redirects itself, and the token goes to the hub's own scheme, host and port only.
final class HubClient {
  /// What the hub says about a file without sending it.
  struct FileInformation: Equatable {
    /// The digest of its bytes: SHA-256 of large files, git's SHA-1 of small ones.
    let tag: String
    let byteCount: UInt64
  }

  /// The state of a model that a revision is now.
  struct Listing {
    let commit: String
    let files: [String]
  }

  let settings: HubSettings
  let model: HubName
  let beat: () throws -> Void
  private let connection: HTTPConnection

  private static let listingLimit: UInt64 = 32 << 20
  private static let smallAnswerSeconds = 120
  private static let attempts = 5
  private static let longestPause = 60.0

  init(_ settings: HubSettings, _ model: HubName, beat: @escaping () throws -> Void) {
    (self.settings, self.model, self.beat) = (settings, model, beat)
    connection = HTTPConnection(
      patience: settings.patience, certificates: settings.certificates,
      unproxied: settings.unproxied)
  }

  /// The hub in a form that can be shown.
  var endpoint: String { settings.hub }

  // MARK: - Questions

  /// Asks which commit a revision is and which files it has.
  ///
  /// - Throws: `HubError`, `HTTPError`.
  func listing(of revision: HubRevision) throws -> Listing {
    let address = try address("api/models/\(model)/revision/" + Self.encoded(revision.text))
    let text = Collector()
    try repeating {
      text.bytes = []
      let response = try follow(
        HTTPRequest(address, timeoutSeconds: Self.smallAnswerSeconds), limit: Self.listingLimit
      ) { _, bytes in text.bytes += bytes }
      try require(response, at: address, file: nil, revision)
    }
    func wrong(_ problem: String) -> HubError { .answer(address: address.shown, problem: problem) }
    guard let json = try? JSON.parse(text.bytes, file: address.shown) else {
      throw wrong("expected JSON")
    }
    guard let commit = json["sha"]?.text, HubRevision.isDigest(commit, count: 40) else {
      throw wrong("'sha' is no commit")
    }
    guard let siblings = json["siblings"]?.array else { throw wrong("no list of files") }
    let names = try siblings.map { sibling in
      guard let name = sibling["rfilename"]?.bytes else { throw wrong("a file without a name") }
      return name
    }
    let hostile = names.filter { !HubFiles.isHarmless($0) }
    guard hostile.isEmpty else {
      throw HubError.hostileNames(
        hostile.map { String(decoding: $0, as: UTF8.self) }, model: model.text)
    }
    return Listing(commit: commit, files: names.map { String(decoding: $0, as: UTF8.self) })
  }

  /// Asks for size and digest of a file.
  ///
  /// - Throws: `HubError`, `HTTPError`.
  func information(on file: String, at commit: String) throws -> FileInformation {
    let address = try address(of: file, at: commit)
    let response = try repeating {
      let response = try follow(
        HTTPRequest(address, isHead: true, timeoutSeconds: Self.smallAnswerSeconds), limit: 0
      ) { _, _ in }
      if !HubRedirect.isOne(response) { try require(response, at: address, file: file, nil) }
      return response
    }
    func wrong(_ problem: String) -> HubError { .answer(address: address.shown, problem: problem) }
    if let found = response["x-repo-commit"], found != commit {
      throw wrong("asked for commit \(commit), got \(String(displaying: found.utf8))")
    }
    var tag = response["x-linked-etag"] ?? response["etag"] ?? ""
    if tag.hasPrefix("W/") { tag.removeFirst(2) }
    tag = String(tag.drop { $0 == "\"" }.prefix { $0 != "\"" })
    guard [40, 64].contains(where: { HubRevision.isDigest(tag, count: $0) }) else {
      throw wrong("no digest of the file in its headers")
    }
    let size =
      response.byteCount("x-linked-size")
      ?? (response.status == 200 ? response.byteCount("content-length") : nil)
    guard let size else { throw wrong("no size of the file in its headers") }
    return FileInformation(tag: tag, byteCount: size)
  }

  /// Asks once for a file's bytes.
  ///
  /// - Parameters:
  ///   - file: Its name.
  ///   - commit: Of which commit.
  ///   - offset: From which byte on.
  ///   - receive: Takes the bytes; it is told first whether they begin at byte 0 although others were
  ///     asked for.
  /// - Throws: `HubError`, `HTTPError`, or what `receive` throws.
  func bytes(
    of file: String, at commit: String, from offset: UInt64,
    receive: @escaping (_ isWhole: Bool, [UInt8]) throws -> Void
  ) throws {
    let address = try address(of: file, at: commit)
    var request = HTTPRequest(address)
    if offset > 0 { request.headers.append(("Range", "bytes=\(offset)-")) }
    let response = try follow(request, limit: .max) { response, bytes in
      try receive(response.status == 200, bytes)
    }
    try require(response, at: address, file: file, nil)
  }

  // MARK: - Repeating

  /// Does something again, a few times and after longer and longer pauses, as long as it fails in a way
  /// that may pass.
  ///
  /// - Parameters:
  ///   - body: What is done.
  ///   - hasProgressed: Asked after a failure; where it was of use nevertheless, it does not count.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws in the end.
  func repeating<Result>(
    _ body: () throws -> Result, hasProgressed: () -> Bool = { false }
  ) throws -> Result {
    var failureCount = 0
    while true {
      do {
        return try body()
      } catch let error where Self.isTransient(error) {
        failureCount = hasProgressed() ? 1 : failureCount + 1
        if failureCount == Self.attempts { throw error }
        var seconds = settings.firstPause * Double(1 << (failureCount - 1))
        if case HubError.busy(_, _, let asked?) = error { seconds = max(seconds, Double(asked)) }
        try wait(seconds: seconds)
      }
    }
  }

  private static func isTransient(_ error: any Error) -> Bool {
    (error as? HTTPError)?.isTransient ?? (error as? HubError)?.isTransient ?? false
  }

  /// Waits somewhat more or less than that, so that many clients do not come back at once.
  private func wait(seconds: Double) throws {
    let wanted = min(seconds, Self.longestPause) * Double.random(in: 0.75...1.25)
    let end = ContinuousClock.now + .seconds(wanted)
    while ContinuousClock.now < end {
      try beat()
      usleep(UInt32(min(wanted, 0.1) * 1e6))
    }
  }

  // MARK: - One question

  private final class Collector { var bytes: [UInt8] = [] }

  /// Asks and follows redirects; of what has only a head not those to other servers, since the head of
  /// the hub's own answer says what is to be known.
  private func follow(
    _ request: HTTPRequest, limit: UInt64,
    receive: @escaping (HTTPResponse, [UInt8]) throws -> Void
  ) throws -> HTTPResponse {
    var request = request
    let headers = request.headers
    for _ in 0...HubRedirect.limit {
      request.headers = headers + [("Accept-Encoding", "identity")]
      if let token = settings.token, request.address.origin == settings.endpoint.origin {
        request.headers.append(("Authorization", "Bearer \(token)"))
      }
      // What comes with a redirect or an error is of no interest, but may be long.
      let response = try connection.send(request, bodyLimit: max(limit, 1 << 20), beat: beat) {
        response, bytes in
        if [200, 206].contains(response.status) { try receive(response, bytes) }
      }
      guard HubRedirect.isOne(response) else { return response }
      let target = try HubRedirect.target(
        from: request.address, response, home: settings.endpoint.origin)
      if request.isHead, target.origin != request.address.origin { return response }
      request.address = target
    }
    throw HubError.redirect(
      from: request.address.shown, reason: "more than \(HubRedirect.limit) redirects in a row")
  }

  /// Makes sure that an answer is what was asked for.
  private func require(
    _ response: HTTPResponse, at address: HTTPAddress, file: String?, _ revision: HubRevision?
  ) throws {
    let hasToken = settings.token != nil
    switch (response.status, response["x-error-code"]) {
    case (200, _), (206, _): return
    case (400..<500, "GatedRepo"):
      throw HubError.gated(model: model.text, endpoint: endpoint, hasToken: hasToken)
    case (404, "RevisionNotFound"):
      throw HubError.noRevision(
        model: model.text, revision: revision?.text ?? "", endpoint: endpoint)
    case (404, let code) where file != nil && code != "RepoNotFound":
      throw HubError.missingFile(model: model.text, file: file ?? "")
    case (401, let code) where hasToken && code != "RepoNotFound":
      throw HubError.forbidden(model: model.text, endpoint: endpoint, status: response.status)
    case (403, _):
      throw HubError.forbidden(model: model.text, endpoint: endpoint, status: response.status)
    case (401, _), (404, _):
      throw HubError.notFound(model: model.text, endpoint: endpoint, hasToken: hasToken)
    case (408, _), (425, _), (429, _), (500...599, _):
      throw HubError.busy(
        status: response.status, address: address.shown,
        seconds: response["retry-after"].flatMap { Int($0) })
    default: throw HubError.status(response.status, address: address.shown)
    }
  }

  // MARK: - Addresses

  private func address(of file: String, at commit: String) throws -> HTTPAddress {
    try address("\(model)/resolve/\(commit)/" + Self.encoded(file))
  }

  private func address(_ path: String) throws -> HTTPAddress {
    let text = Self.withoutSlash(settings.endpoint.text) + "/" + path
    guard let address = HTTPAddress(text) else { throw HubError.endpoint(text) }
    return address
  }

  private static func withoutSlash(_ text: String) -> String {
    text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// A text as one part of an address's path.
  private static func encoded(_ text: String) -> String {
    let hexadecimal = Array("0123456789ABCDEF".utf8)
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        [byte]
      default: [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
