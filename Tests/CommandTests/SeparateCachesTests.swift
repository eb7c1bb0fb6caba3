import Files
import Glibc
import TestSupport
import Testing

/// Ranks that do not see each other's cache, as on machines without a common file system.
///
/// One relative HF_HOME, seen from a folder for each rank, stands for them.
struct SeparateCachesTests {
  private let run: ShortRun

  init() throws {
    run = try ShortRun.finished()
  }

  private var model: String { run.model }

  private func machine(_ rank: Int) -> String { run.folder.path("machine\(rank)") }

  private func home(_ rank: Int) -> String { machine(rank) + "/hf" }

  private func snapshot(_ rank: Int) -> String {
    "\(home(rank))/hub/models--org--model/snapshots/\(FakeHub.commit)"
  }

  /// Fills a mask on ranks, each with a cache of its own; only rank 0 has an address to ask, and a token.
  private func fill(_ hub: FakeHub, ranks: Int = 2) throws -> Subprocess.Result {
    try train(hub, ranks: ranks, ["fill-mask", "--model", FakeHub.name, "the [MASK] stone"])
  }

  private func train(
    _ hub: FakeHub, ranks: Int, _ words: [String]
  ) throws -> Subprocess.Result {
    for rank in 0..<ranks { try Folder.create(machine(rank), withParents: true) }
    return try lockstep(
      onRanksIn: (0..<ranks).map(machine), words,
      variables: (0..<ranks).map { rank in
        ["HF_HOME": "hf"].merging(
          rank == 0
            ? ["HF_ENDPOINT": hub.address, "HF_TOKEN": "hf_secret"] : ["HF_HUB_OFFLINE": "1"]
        ) { $1 }
      },
      environment: [
        "HF_HUB_CACHE": nil, "HUGGINGFACE_HUB_CACHE": nil, "HF_TOKEN": nil,
        "LOCKSTEP_CACHE": run.folder.path("cache"), "LOCKSTEP_TIMEOUT": "20",
      ])
  }

  private func hub() throws -> FakeHub {
    try FakeHub(try Folder.list(model).map { ($0, try File.read(model + "/" + $0)) })
  }

  @Test(arguments: [2, 3])
  func everyCacheGetsTheModelFromRankZero(ranks: Int) throws {
    let hub = try hub()
    let result = try train(
      hub, ranks: ranks,
      [
        "train", "--data", run.text, "--output", run.folder.path("named"), "--model",
        FakeHub.name, "--block-size", "16", "--micro-batch-size", "2", "--global-batch-size",
        "8", "--threads", "1", "--save-every", "0", "--steps", "3",
      ])
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(hub.storeRequests.count == 1)
    #expect(result.errors.contains("cannot see"), "\(result.errors)")
    for rank in 1..<ranks {
      #expect(try Folder.list(snapshot(rank)) == Folder.list(snapshot(0)))
      for name in try Folder.list(snapshot(0)) {
        #expect(contents(of: "\(snapshot(rank))/\(name)") == contents(of: "\(snapshot(0))/\(name)"))
      }
      let blobs = "\(home(rank))/hub/models--org--model/blobs"
      #expect(try Folder.list(blobs).allSatisfy { !$0.hasSuffix(".incomplete") })
      #expect(
        contents(of: "\(home(rank))/hub/models--org--model/refs/main")
          == Array(FakeHub.commit.utf8))
    }
    // The second time everybody has it.
    let again = try fill(hub, ranks: ranks)
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(!again.errors.contains("cannot see") && hub.storeRequests.count == 1)
  }

  @Test func onlyWhatACacheLacksIsCopied() throws {
    let hub = try hub()
    #expect(try fill(hub).exitCode == 0)
    let weights = snapshot(1) + "/model.safetensors"
    try File.remove(weights)
    let result = try fill(hub)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(contents(of: weights) == contents(of: snapshot(0) + "/model.safetensors"))
  }

  @Test func aCacheThatCannotBeWrittenIsOneErrorThatNamesTheMachine() throws {
    try Folder.create(machine(1))
    try File.write([], to: home(1))
    let started = ContinuousClock.now
    let result = try fill(try hub())
    #expect(result.exitCode == 73, "\(result.errors)")
    #expect(result.errorReports.count == 1, "\(result.errors)")
    let report = try #require(result.errorReports.first)
    #expect(report.contains("HF_HOME") && report.contains("hf: not a folder"), "\(report)")
    #expect(report.contains(ProcessIdentity.current.host), "\(report)")
    #expect(ContinuousClock.now - started < .seconds(15))
  }

  @Test func aFolderOfTheUsersOwnHasToBeOnEveryMachine() throws {
    try Folder.create(machine(0))
    #expect(rename(model, machine(0) + "/mine") == 0)
    let result = try train(
      try FakeHub(), ranks: 2, ["fill-mask", "--model", "mine", "the [MASK] stone"])
    #expect(result.exitCode == 76, "\(result.errors)")
    #expect(result.errorReports.count == 1, "\(result.errors)")
    let report = try #require(result.errorReports.first)
    #expect(report.contains("mine: rank 0 has this folder"), "\(report)")
    #expect(report.contains(ProcessIdentity.current.host), "\(report)")
  }

  @Test func otherBytesThanTheCacheNamesAreNotCopied() throws {
    let hub = try hub()
    #expect(try fill(hub, ranks: 1).exitCode == 0)
    let path = snapshot(0) + "/model.safetensors"
    var bytes = try File.read(path)
    bytes[bytes.count - 1] ^= 1
    try File.write(bytes, to: path)
    let result = try fill(hub)
    #expect(result.exitCode == 65, "\(result.errors)")
    #expect(result.errorReports.count == 1, "\(result.errors)")
    #expect(result.errorReports.first?.contains("other bytes") == true, "\(result.errors)")
    #expect(!File.exists(snapshot(1) + "/model.safetensors"))
  }
}
