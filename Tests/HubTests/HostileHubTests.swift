import Diagnostics
import Files
import Glibc
import HTTP
import Hub
import TestSupport
import Testing

/// What a hub must not be able to do: nothing is written outside of the cache, nothing gets a name in it
/// that has other bytes, nothing hangs, and every refusal is one line that says what to do.
struct HostileHubTests {
  private let home: TemporaryFolder

  init() throws { home = try TemporaryFolder() }

  private var model: String { home.path("hub/models--org--model") }

  private func get(_ hub: FakeHub, token: String? = nil) throws {
    var settings = try hub.settings(cache: home.path)
    settings.token = token
    _ = try Hub.snapshot(of: try #require(HubName(FakeHub.name)), settings: settings)
  }

  private func error(_ hub: FakeHub, token: String? = nil) throws -> (any Diagnostic)? {
    do {
      try get(hub, token: token)
      return nil
    } catch let error as any Diagnostic {
      #expect("\(error)".utf8.allSatisfy { $0 >= 0x20 } && !"\(error)".contains("secret"))
      #expect(!File.exists("\(model)/refs/main"))
      return error
    }
  }

  private func isWhole() -> Bool {
    let path = "\(model)/snapshots/\(FakeHub.commit)/model.safetensors"
    return contents(of: path) == FakeHub.files.first { $0.name == "model.safetensors" }?.bytes
  }

  // MARK: - Lists

  @Test(arguments: [
    "../../.ssh/authorized_keys", "/etc/cron.d/x", "a/../../b", "..\\b", "C:\\x", "C:x",
    "\\\\h\\s", "a\u{0}b", "", ".", "..", "a/./b", "a//b", "a/", "\u{1B}[2J",
    String(repeating: "a", count: 5_000),
  ])
  func namesThatLeadOutOfTheCacheAreRefused(_ name: String) throws {
    let hub = try FakeHub { request, honest in
      request.path.contains("/revision/")
        ? FakeHub.listing(FakeHub.files.map(\.name) + [name]) : honest
    }
    let error = try #require(try error(hub))
    #expect(error as? HubError == .hostileNames([name], model: FakeHub.name))
    #expect(error.exitCode == .data && "\(error)".count < 1_000)
    #expect(hub.requests.count == 1)
    #expect(try Folder.list(home.path) == [])
  }

  @Test func namesOfOtherFilesAreNotAskedFor() throws {
    let strange = ["step-00000100", "MANIFEST.json", "Config.json", "config.json/x", "run.json"]
    let hub = try FakeHub { request, honest in
      request.path.contains("/revision/")
        ? FakeHub.listing(FakeHub.files.map(\.name) + strange) : honest
    }
    try get(hub)
    #expect(isWhole())
    let wanted = ["config", "model", "tokenizer", "tokenizer_config", "revision"]
    #expect(hub.requests.allSatisfy { request in wanted.contains { request.path.contains($0) } })
    #expect(hub.requests.allSatisfy { request in !strange.contains { request.path.hasSuffix($0) } })
  }

  @Test(arguments: [
    "<html><body>Please log in</body></html>", "", "[]", "{\"sha\": \"main\", \"siblings\": []}",
    "{\"sha\": \"../../x\", \"siblings\": []}", "{\"sha\": \"\(FakeHub.commit)\"}",
    "{\"sha\": \"\(FakeHub.commit)\", \"siblings\": [{}]}",
    String(repeating: "[", count: 100_000),
  ])
  func whatIsNoListIsRefused(_ body: String) throws {
    let hub = try FakeHub { request, honest in
      request.path.contains("/revision/") ? .init(body: Array(body.utf8)) : honest
    }
    guard case .answer(let address, _) = try error(hub) as? HubError else {
      Issue.record("'\(body.prefix(80))' is taken for a list")
      return
    }
    #expect(address == hub.address + "/api/models/org/model/revision/main")
  }

  @Test func aListWithoutEndIsCutOff() throws {
    let hub = try FakeHub { request, honest in
      request.path.contains("/revision/")
        ? .init(body: [UInt8](repeating: 0x20, count: 33 << 20)) : honest
    }
    #expect((try error(hub) as? HTTPError)?.problem == .tooLarge(limit: 32 << 20))
  }

  @Test func picklesAreRefusedWithWhatToDo() throws {
    let files = FakeHub.files.filter { $0.name != "model.safetensors" }
    let hub = try FakeHub(files + [("pytorch_model.bin", [0x80, 2])])
    let error = try #require(try error(hub))
    #expect(error is ForeignWeightsError && error.exitCode == .data)
    #expect("\(error)".contains("from_pretrained('org/model')"))
    let none = try FakeHub(files)
    #expect(
      try self.error(none) as? HubError
        == .missingFile(model: FakeHub.name, file: "model.safetensors"))
  }

  // MARK: - Statuses

  @Test(arguments: [
    (401, "RepoNotFound", false, ExitCode.inputMissing, "set HF_TOKEN"),
    (401, "", false, .inputMissing, "set HF_TOKEN"),
    (401, "", true, .permission, "renew HF_TOKEN"),
    (404, "RepoNotFound", true, .inputMissing, "what your token may read"),
    (403, "GatedRepo", true, .permission, "ask for access"),
    (401, "GatedRepo", false, .permission, "and set HF_TOKEN"),
    (404, "RevisionNotFound", false, .inputMissing, "no revision 'main'"),
    (403, "", true, .permission, "refuses the token"),
    (418, "", false, .unavailable, "unexpected status 418"),
    (302, "", false, .data, "it is not named"),
  ])
  func refusalsSayWhatToDo(
    status: Int, code: String, hasToken: Bool, exitCode: ExitCode, advice: String
  ) throws {
    let hub = try FakeHub { _, _ in
      .init(status, headers: code.isEmpty ? [] : [("X-Error-Code", code)])
    }
    let error = try #require(try error(hub, token: hasToken ? "hf_secret" : nil))
    #expect(error.exitCode == exitCode && "\(error)".contains(advice), "\(error)")
    #expect("\(error)".contains(status == 418 || status == 302 ? hub.address : FakeHub.name))
    #expect(hub.requests.count == 1)
  }

  @Test(arguments: [408, 429, 500, 502, 503, 504])
  func busyServersAreAskedAgain(status: Int) throws {
    let counter = Counter()
    let hub = try FakeHub { _, honest in
      counter.next() % 3 > 0 ? .init(status, headers: [("Retry-After", "0")]) : honest
    }
    try get(hub)
    #expect(isWhole())
    let always = try FakeHub(answering: { _, _ in .init(status) })
    let other = try TemporaryFolder()
    #expect {
      try Hub.snapshot(
        of: try #require(HubName(FakeHub.name)), settings: try always.settings(cache: other.path))
    } throws: { error in
      (error as? HubError)?.exitCode == .unavailable
    }
    #expect(always.requests.count == 5)
  }

  // MARK: - Redirects

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "//%00/", "//[bad", "http://169.254.169.254/keys",
    "http://user@127.0.0.1/", "",
  ])
  func hostileRedirectsAreRefused(_ location: String) throws {
    let hub = try FakeHub { request, honest in
      request.path.hasSuffix("/config.json") && request.method == "GET"
        ? .init(302, headers: [("Location", location)]) : honest
    }
    guard case .redirect(let from, _) = try error(hub, token: "hf_secret") as? HubError else {
      Issue.record("'\(location)' is followed")
      return
    }
    #expect(from.hasPrefix(hub.address))
  }

  @Test func redirectsInACircleEnd() throws {
    let hub = try FakeHub { request, _ in .init(307, headers: [("Location", request.path)]) }
    guard case .redirect(_, let reason) = try error(hub) as? HubError else {
      Issue.record("a circle is not noticed")
      return
    }
    #expect(reason.contains("more than 5") && hub.requests.count == 6)
  }

  @Test func renamedModelsAreFollowedOnTheHub() throws {
    let hub = try FakeHub { request, honest in
      request.path.hasPrefix("/new")
        ? FakeHub.listing(FakeHub.files.map(\.name))
        : request.path.hasPrefix("/api")
          ? .init(307, headers: [("Location", "/new" + request.path)]) : honest
    }
    try get(hub, token: "hf_secret")
    #expect(isWhole())
    #expect(hub.requests.allSatisfy { $0.headers["authorization"] != nil })
  }

  @Test(arguments: [
    ("https://hub.example/a", "http://hub.example/b"), ("https://hub.example/a", "http://x/"),
    ("https://hub.example/a", "https://127.0.0.1/"), ("https://hub.example/a", "//localhost/"),
    ("http://hub.example/a", "http://169.254.169.254/"),
  ])
  func redirectsFromAnotherMachineLeadNotHereAndNotToHTTP(_ from: String, to: String) throws {
    let address = try #require(HTTPAddress(from))
    let response = HTTPResponse(status: 302, headers: [("Location", to)])
    #expect(throws: HubError.self) {
      try HubRedirect.target(from: address, response, home: address.origin)
    }
    let fine = HTTPResponse(status: 302, headers: [("Location", "https://cdn.example/x")])
    #expect(
      try HubRedirect.target(from: address, fine, home: address.origin).text
        == "https://cdn.example/x")
  }

  // MARK: - Bytes

  @Test func interruptedDownloadsGoOn() throws {
    let counter = Counter()
    let hub = try FakeHub(storing: { _, honest in
      guard counter.next() < 3, var short = Optional(honest) else { return honest }
      short.pieces[1].bytes = Array(short.pieces[1].bytes.prefix(100_000))
      return short
    })
    try get(hub)
    #expect(isWhole())
    #expect(
      hub.storeRequests.map { $0.headers["range"] } == [nil, "bytes=100000-", "bytes=200000-"])
  }

  @Test func aKilledDownloadGoesOn() throws {
    let (name, bytes) = try #require(FakeHub.files.first { $0.name == "model.safetensors" })
    try Folder.create("\(model)/blobs", withParents: true)
    let path = "\(model)/blobs/\(FakeHub.tag(name, bytes)).incomplete"
    try File.write(Array(bytes.prefix(299_999)), to: path)
    let hub = try FakeHub()
    try get(hub)
    #expect(isWhole() && !File.exists(path))
    #expect(hub.storeRequests.map { $0.headers["range"] } == ["bytes=299999-"])
  }

  @Test(arguments: [1_000, 300_000, 400_000])
  func wrongLeftoversAreReplaced(count: Int) throws {
    let (name, bytes) = try #require(FakeHub.files.first { $0.name == "model.safetensors" })
    try Folder.create("\(model)/blobs", withParents: true)
    let path = "\(model)/blobs/\(FakeHub.tag(name, bytes)).incomplete"
    try File.write([UInt8](repeating: 9, count: count), to: path)
    try get(try FakeHub())
    #expect(isWhole())
  }

  /// Links that somebody else has put into the cache.
  @Test(arguments: [
    "hub/models--org--model", "hub/models--org--model/blobs", "hub/models--org--model/refs",
    "hub/models--org--model/snapshots", "hub/.locks", "hub/.locks/models--org--model",
  ])
  func nothingIsWrittenThroughLinksInTheCache(_ place: String) throws {
    let elsewhere = try TemporaryFolder()
    try Folder.create(Folder.parent(of: home.path(place)), withParents: true)
    try File.makeSymbolicLink(home.path(place), to: elsewhere.path)
    let hub = try FakeHub()
    #expect(throws: FileError.notAFolder(path: home.path(place))) { try get(hub) }
    #expect(try Folder.list(elsewhere.path) == [])
  }

  @Test func theCacheItselfMayBeALink() throws {
    let elsewhere = try TemporaryFolder()
    try File.makeSymbolicLink(home.path("hub"), to: elsewhere.path)
    try get(try FakeHub())
    #expect(isWhole())
  }

  @Test(arguments: [true, false])
  func whatIsNoFileIsNotWrittenInto(isLink: Bool) throws {
    let (name, bytes) = try #require(FakeHub.files.first { $0.name == "model.safetensors" })
    try Folder.create("\(model)/blobs", withParents: true)
    let path = "\(model)/blobs/\(FakeHub.tag(name, bytes)).incomplete"
    let target = home.path("target")
    if isLink {
      try File.write([1, 2, 3], to: target)
      try File.makeSymbolicLink(path, to: target)
    } else {
      #expect(mkfifo(path, 0o644) == 0)
    }
    try get(try FakeHub())
    #expect(isWhole() && (!isLink || contents(of: target) == [1, 2, 3]))
  }

  @Test(arguments: [200, 416])
  func serversThatCannotGoOnBeginAnew(status: Int) throws {
    let whole = try #require(FakeHub.files.first { $0.name == "model.safetensors" }).bytes
    let counter = Counter()
    let hub = try FakeHub(storing: { request, _ in
      var reply = LocalServer.Reply(body: whole)
      if counter.next() == 1 { reply.pieces[1].bytes = Array(whole.prefix(1_000)) }
      return request.headers["range"] != nil && status == 416 ? .init(416) : reply
    })
    try get(hub)
    #expect(isWhole())
  }

  @Test func aStallIsEndedAndGoneOnFrom() throws {
    let counter = Counter()
    let hub = try FakeHub(storing: { _, honest in
      guard counter.next() == 1 else { return honest }
      var slow = honest
      let bytes = slow.pieces[1].bytes
      slow.pieces[1].bytes = Array(bytes.prefix(bytes.count - 3_000))
      slow.pieces.append((4_000, Array(bytes.suffix(3_000))))
      return slow
    })
    try get(hub)
    #expect(isWhole())
    #expect(hub.storeRequests.last?.headers["range"] == "bytes=297000-")
  }

  @Test(arguments: ["model.safetensors", "config.json"])
  func otherBytesNeverGetAName(_ file: String) throws {
    let damage: FakeHub.Change = { request, honest in
      guard request.method == "GET", request.path.contains("/" + file) else { return honest }
      var other = honest
      other.pieces[1].bytes[other.pieces[1].bytes.count / 2] ^= 1
      return other
    }
    let hub =
      file == "config.json" ? try FakeHub(answering: damage) : try FakeHub(storing: damage)
    let error = try #require(try error(hub))
    guard case .damaged(let named, let expected, let found) = error as? HubError else {
      Issue.record("\(error)")
      return
    }
    #expect(named == "org/model/" + file && expected != found && error.exitCode == .data)
    #expect(!File.exists("\(model)/blobs/\(expected)"))
    #expect(!File.exists("\(model)/snapshots/\(FakeHub.commit)/\(file)"))
  }

  @Test func longBodiesAreCutOff() throws {
    let hub = try FakeHub(storing: { _, honest in
      var long = LocalServer.Reply(announcing: nil)
      long.pieces[1].bytes = honest.pieces[1].bytes + [1]
      return long
    })
    guard case .size(_, let expected, let found) = try error(hub) as? HubError else {
      Issue.record("a longer body is taken")
      return
    }
    #expect(expected == 300_000 && found > expected)
  }

  @Test(arguments: [
    [("ETag", "\"abc\"")], [("ETag", "\"../../../x\"")], [],
    [("X-Linked-Etag", "\"\(String(repeating: "A", count: 64))\"")],
    [
      ("ETag", "\"\(FakeHub.commit)\""),
      ("X-Repo-Commit", String(repeating: "f", count: 40)),
    ],
  ])
  func headsWithoutADigestOfThatCommitAreRefused(_ headers: [(String, String)]) throws {
    let hub = try FakeHub { request, honest in
      request.method == "HEAD" ? .init(headers: headers, body: [1]) : honest
    }
    guard case .answer = try error(hub) as? HubError else {
      Issue.record("\(headers) is taken")
      return
    }
    #expect(!Folder.exists("\(model)/blobs"))
  }

  @Test(arguments: [("config.json", UInt64(1) << 40), ("model.safetensors", UInt64(1) << 60)])
  func announcedSizesAreNotTrusted(_ file: String, size: UInt64) throws {
    let hub = try FakeHub { request, honest in
      request.method == "HEAD" && request.path.hasSuffix(file)
        ? .init(
          headers: [
            ("X-Linked-Etag", "\"\(FakeHub.commit)\""), ("X-Linked-Size", "\(size)"),
          ]) : honest
    }
    switch try error(hub) as? HubError {
    case .tooLarge(_, size, _) where file == "config.json": break
    case .noRoom(_, size, _) where file == "model.safetensors": break
    case let other: Issue.record("\(String(describing: other))")
    }
  }
}
