import Diagnostics
import Files
import Glibc
import HTTP
import Hub
import TestSupport
import Testing

struct HubTests {
  private let home: TemporaryFolder

  init() throws { home = try TemporaryFolder() }

  private var model: String { home.path("hub/models--org--model") }
  private var snapshot: String { "\(model)/snapshots/\(FakeHub.commit)" }

  private func get(
    _ hub: FakeHub, revision: String = "main", needs: HubNeeds = .all,
    change: (inout HubSettings) -> Void = { _ in }
  ) throws -> Hub.Snapshot {
    var settings = try hub.settings(cache: home.path)
    change(&settings)
    return try Hub.snapshot(
      of: try #require(HubName(FakeHub.name)), at: try #require(HubRevision(revision)),
      needs: needs, settings: settings)
  }

  private func linkTarget(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = max(readlink(path, &buffer, buffer.count), 0)
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  // MARK: - Honest hubs

  @Test func theCacheIsLaidOutAsPythonDoes() throws {
    let hub = try FakeHub()
    let found = try get(hub)
    #expect(found.folder == snapshot && found.commit == FakeHub.commit && !found.wasCached)
    let wanted = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    #expect(try Folder.list(snapshot) == wanted)
    for (name, bytes) in FakeHub.files where wanted.contains(name) {
      #expect(linkTarget("\(snapshot)/\(name)") == "../../blobs/\(FakeHub.tag(name, bytes))")
      #expect(contents(of: "\(snapshot)/\(name)") == bytes)
    }
    #expect(contents(of: "\(model)/refs/main") == Array(FakeHub.commit.utf8))
    #expect(try Folder.list("\(model)/blobs").count == wanted.count)
  }

  @Test func whatIsCachedIsTakenWithoutAsking() throws {
    let hub = try FakeHub()
    let first = try get(hub)
    let count = hub.requests.count
    for revision in ["main", FakeHub.commit] {
      let again = try get(hub, revision: revision) { $0.offlineVariable = "HF_HUB_OFFLINE" }
      #expect(again.wasCached && again.folder == first.folder)
    }
    #expect(hub.requests.count == count)
  }

  @Test func filesAreAskedForByTheCommit() throws {
    let hub = try FakeHub()
    _ = try get(hub, revision: "refs/pr/7")
    #expect(hub.requests.first?.path == "/api/models/org/model/revision/refs%2Fpr%2F7")
    #expect(
      hub.requests.dropFirst().allSatisfy {
        $0.path.hasPrefix("/org/model/resolve/\(FakeHub.commit)/")
      })
    #expect(contents(of: "\(model)/refs/refs/pr/7") == Array(FakeHub.commit.utf8))
  }

  @Test func onlyWhatIsNeededIsDownloaded() throws {
    let hub = try FakeHub()
    _ = try get(hub, needs: .tokenizer)
    #expect(try Folder.list(snapshot) == ["tokenizer.json", "tokenizer_config.json"])
    let offline: (inout HubSettings) -> Void = { $0.offlineVariable = "TRANSFORMERS_OFFLINE" }
    #expect(throws: HubError.self) { try get(hub, change: offline) }
    // The rest comes from the commit that is here, whatever main is now.
    #expect(try get(hub).commit == FakeHub.commit)
    #expect(hub.requests.filter { $0.path.hasSuffix("/revision/\(FakeHub.commit)") }.count == 1)
    #expect(try get(hub, change: offline).wasCached)
  }

  @Test func theTokenGoesToTheHubOnly() throws {
    let hub = try FakeHub()
    _ = try get(hub) { $0.token = "hf_secret" }
    #expect(hub.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
    #expect(hub.storeRequests.count == 1)
    #expect(hub.storeRequests.allSatisfy { $0.headers["authorization"] == nil })
    let anonymous = try FakeHub()
    _ = try get(anonymous, revision: "v1")
    #expect(anonymous.requests.allSatisfy { $0.headers["authorization"] == nil })
  }

  @Test func smallFilesMayLieElsewhereOnTheHub() throws {
    let (name, bytes) = try #require(FakeHub.files.first { $0.name == "tokenizer.json" })
    let hub = try FakeHub(answering: { request, honest in
      if request.path.hasPrefix("/api/resolve-cache/") {
        return .init(headers: [("ETag", "\"\(FakeHub.tag(name, bytes))\"")], body: bytes)
      }
      return request.path.hasSuffix("/" + name)
        ? .init(307, headers: [("Location", "/api/resolve-cache/\(name)?x=y")]) : honest
    })
    _ = try get(hub) { $0.token = "hf_secret" }
    #expect(contents(of: "\(snapshot)/\(name)") == bytes)
    #expect(hub.requests.allSatisfy { $0.headers["authorization"] != nil })
  }

  @Test func nobodyThereIsToldWithTheModel() throws {
    let settings = try HubSettings {
      ["HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": home.path][$0]
    }
    var hasty = settings
    hasty.firstPause = 0.001
    var askedCount = 0
    #expect {
      try Hub.snapshot(
        of: try #require(HubName(FakeHub.name)), settings: hasty, asking: { askedCount += 1 })
    } throws: { error in
      "\(error)".hasPrefix("org/model: no folder here, not in the cache, and nobody to ask: http:")
        && (error as? HubError)?.exitCode == .unavailable
    }
    #expect(askedCount == 1)
  }

  @Test func weightsInSeveralFilesAreFetchedByTheirIndex() throws {
    let index = """
      {"weight_map": {"a": "model-00001-of-00002.safetensors",
       "b": "model-00002-of-00002.safetensors"}}
      """
    var files = FakeHub.files.filter { $0.name != "model.safetensors" }
    files += [
      ("model.safetensors.index.json", Array(index.utf8)),
      ("model-00001-of-00002.safetensors", [1]), ("model-00002-of-00002.safetensors", [2, 3]),
      ("pytorch_model.bin", [4]),
    ]
    _ = try get(try FakeHub(files))
    #expect(
      try Folder.list(snapshot).filter { $0.hasPrefix("model") } == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
      ])
    try File.remove("\(snapshot)/model-00002-of-00002.safetensors")
    #expect(try !get(try FakeHub(files)).wasCached)
  }

  @Test func progressAndBeatsAreGiven() throws {
    let hub = try FakeHub()
    var steps: [HubProgress] = []
    var beatCount = 0
    _ = try Hub.snapshot(
      of: try #require(HubName(FakeHub.name)), settings: try hub.settings(cache: home.path),
      beat: { beatCount += 1 }, progress: { steps.append($0) })
    let last = try #require(steps.last { $0.file == "model.safetensors" })
    #expect(last.done == 300_000 && last.total == 300_000)
    #expect(beatCount > steps.count)
  }

  @Test func anInterruptionIsNotAnsweredByRepeating() throws {
    struct Interrupted: Error {}
    let hub = try FakeHub()
    #expect(throws: Interrupted.self) {
      try Hub.snapshot(
        of: try #require(HubName(FakeHub.name)), settings: try hub.settings(cache: home.path),
        beat: { throw Interrupted() })
    }
    #expect(hub.requests.count <= 1)
    #expect(!File.exists("\(model)/refs/main"))
  }

  @Test func manyAtOnceDownloadEachFileOnce() throws {
    let hub = try FakeHub()
    let path = home.path
    let threads = (0..<4).map { _ in
      Worker {
        var settings = try hub.settings(cache: path)
        settings.patience.slowSeconds = 20
        let name = HubName(FakeHub.name)
        if let name { _ = try Hub.snapshot(of: name, settings: settings) }
      }
    }
    for thread in threads { try thread.wait() }
    #expect(hub.storeRequests.count == 1)
    #expect(try Folder.list("\(model)/blobs").count == 4)
    #expect(try get(hub).wasCached)
  }
}
