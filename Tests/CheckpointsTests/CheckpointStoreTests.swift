import Checkpoints
import Diagnostics
import Files
import Glibc
import TestSupport
import Testing

struct CheckpointStoreTests {
  let run: RunFixture

  init() throws { run = try RunFixture() }

  @Test func whatIsSavedIsFoundWithItsState() throws {
    let saved = try RunFixture.save(7, to: run.store())
    let (found, damage) = try run.store().newestValid()
    #expect(found == saved)
    #expect(damage.isEmpty)
    #expect(saved.step == 7)
    #expect(saved.state == ["epoch": 0, "seed": 42])
    #expect(saved.folder == "\(run.path)/checkpoints/step-00000007")
    #expect(saved.pieces.map(\.name) == RunFixture.names)
    for name in RunFixture.names {
      #expect(try File.read(saved.path(of: name)) == RunFixture.bytes(name, step: 7))
    }
    #expect(try Folder.list(saved.folder).count == RunFixture.names.count + 1)
  }

  @Test func theManifestNamesEveryFile() throws {
    let saved = try RunFixture.save(12, to: run.store())
    let manifest = try JSONCursor.read(saved.path(of: "MANIFEST.json"))
    #expect(try manifest.int("format") == 1)
    #expect(try manifest.int("step") == 12)
    #expect(try manifest.string("sha256") == saved.digest)
    let files = try manifest.elements("files")
    #expect(try files.map { try $0.string("name") } == RunFixture.names)
    #expect(try files.allSatisfy { try $0.int("size") == 1000 })
    #expect(
      try files[0].string("sha256")
        == SHA256.digest(of: RunFixture.bytes("model.safetensors", step: 12)).hex)
  }

  @Test func equalCheckpointsAreEqualByteByByte() throws {
    let other = try RunFixture()
    let left = try RunFixture.save(3, to: run.store())
    let right = try RunFixture.save(3, to: other.store())
    #expect(left.digest == right.digest)
    for name in try Folder.list(left.folder) {
      #expect(
        try File.read(left.path(of: name)) == (try File.read(right.path(of: name))), "\(name)")
    }
  }

  @Test func anEmptyStoreHasNoCheckpoint() throws {
    let (found, damage) = try run.store().newestValid()
    #expect(found == nil)
    #expect(damage.isEmpty)
  }

  @Test(arguments: [1, 3])
  func theNewestAreKept(keptCount: Int) throws {
    let store = try run.store(keptCount: keptCount)
    for step in [2, 10, 100, 1000, 123_456_789] { try RunFixture.save(step, to: store) }
    #expect(try store.steps() == [2, 10, 100, 1000, 123_456_789].suffix(keptCount))
    #expect(try Folder.list(store.folder).count == keptCount)
    #expect(try store.newestValid().checkpoint?.step == 123_456_789)
  }

  @Test func aStepIsSavedAnew() throws {
    let store = try run.store()
    try RunFixture.save(5, to: store)
    let again = try store.save(
      step: 5, pieces: [(name: "other", write: { try $0.write([1]) })], state: .null)
    #expect(try Folder.list(again.folder) == ["MANIFEST.json", "other"])
    #expect(try Folder.list(store.folder) == ["step-00000005"])
    #expect(try store.newestValid().checkpoint == again)
  }

  @Test func emptyAndLargePiecesAreSavedInBeats() throws {
    let chunk = [UInt8](repeating: 5, count: 3 << 20)
    var beats = 0
    let saved = try run.store().save(
      step: 1,
      pieces: [
        (name: "empty", write: { _ in }),
        (name: "large", write: { sink in for _ in 0..<10 { try sink.write(chunk) } }),
      ], state: [:], beat: { beats += 1 })
    #expect(saved.pieces.map(\.byteCount) == [0, 30 << 20])
    // At least one each 8 MiB while writing and while reading back.
    #expect(beats >= 6)
    var found: Checkpoint?
    beats = 0
    found = try run.store().newestValid(beat: { beats += 1 }).checkpoint
    #expect(found == saved)
    #expect(beats >= 3)
  }

  @Test func whatAProcessThatWasKilledLeftIsRemoved() throws {
    let saved = try RunFixture.save(1, to: run.store())
    let checkpoints = "\(run.path)/checkpoints"
    for name in [".tmp-step-00000002-0", ".trash-step-00000000-0"] {
      try Folder.create("\(checkpoints)/\(name)/inner", withParents: true)
      try File.write([1], to: "\(checkpoints)/\(name)/model.safetensors")
    }
    try File.write([1], to: "\(checkpoints)/.tmp-file")
    #expect(try run.store().newestValid().checkpoint == saved)
    #expect(try Folder.list(checkpoints) == ["step-00000001"])
  }

  @Test func whatIsNoCheckpointIsIgnored() throws {
    let store = try run.store(keptCount: 1)
    for name in ["step-2", "step-000000002", "step-0000000x", "step--0000001", "notes", "latest"] {
      try Folder.create("\(store.folder)/\(name)")
    }
    let saved = try RunFixture.save(1, to: store)
    #expect(try store.newestValid().checkpoint == saved)
    #expect(try store.newestValid().damage.isEmpty)
    #expect(try Folder.list(store.folder).count == 7)
  }

  @Test func extraFilesInACheckpointAreIgnored() throws {
    let saved = try RunFixture.save(1, to: run.store())
    try File.write([1], to: saved.path(of: "notes.txt"))
    #expect(try run.store().newestValid().checkpoint == saved)
  }

  @Test func aLinkedFolderIsACheckpoint() throws {
    let saved = try RunFixture.save(1, to: run.store())
    try File.rename(saved.folder, to: run.temporary.path("elsewhere"))
    #expect(symlink(run.temporary.path("elsewhere"), saved.folder) == 0)
    #expect(try run.store().newestValid().checkpoint == saved)
  }

  @Test func otherRanksOpenTheChosenOne() throws {
    let saved = try RunFixture.save(1, to: run.store())
    #expect(try Checkpoint.open(saved.folder, digest: saved.digest) == saved)
    let other = try RunFixture.save(2, to: run.store())
    for folder in [other.folder, "\(run.path)/checkpoints/step-00000009"] {
      #expect {
        try Checkpoint.open(folder, digest: saved.digest)
      } throws: {
        ($0 as? CheckpointError)?.exitCode == .ranksDisagree
      }
    }
  }
}

struct CheckpointFailureTests {
  let run: RunFixture

  init() throws { run = try RunFixture() }

  @Test func aFailingPieceLeavesTheOldCheckpointAndNothingElse() throws {
    struct Stopped: Error {}
    let store = try run.store(keptCount: 1)
    let saved = try RunFixture.save(1, to: store)
    #expect(throws: Stopped.self) {
      try store.save(
        step: 2,
        pieces: [
          (name: "a", write: { try $0.write([1]) }), (name: "b", write: { _ in throw Stopped() }),
        ], state: [:])
    }
    #expect(throws: Stopped.self) {
      try store.save(
        step: 2, pieces: [(name: "a", write: { try $0.write([1]) })], state: [:],
        beat: { throw Stopped() })
    }
    #expect(try Folder.list(store.folder) == ["step-00000001"])
    #expect(try store.newestValid().checkpoint == saved)
  }

  @Test func aPieceThatDoesNotFitOnTheDiskIsReportedAndRemoved() async throws {
    await #expect(processExitsWith: .success) {
      let run = try RunFixture()
      let store = try run.store(keptCount: 1)
      let saved = try RunFixture.save(1, to: store)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 3_000_000, rlim_max: 3_000_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do {
        let chunk = [UInt8](repeating: 0, count: 8 << 20)
        _ = try store.save(
          step: 2, pieces: [(name: "large", write: { try $0.write(chunk) })], state: [:])
        exit(1)
      } catch let error as CheckpointError {
        guard case .notSaved(_, lastStep: 1, let reason) = error, error.exitCode == .inputOutput,
          "\(reason)".contains("/.tmp-step-00000002"), "\(error)".contains("step 1")
        else { exit(2) }
      }
      guard try Folder.list(store.folder) == ["step-00000001"],
        try store.newestValid().checkpoint == saved
      else { exit(3) }
    }
  }

  @Test func aRemovedRunDirectoryIsReported() throws {
    let store = try run.store()
    try RunFixture.save(1, to: store)
    try Folder.removeTree(store.folder)
    #expect {
      try RunFixture.save(2, to: store)
    } throws: {
      ($0 as? FileError)?.exitCode == .inputMissing
    }
  }

  @Test(arguments: ["", ".hidden", "a/b", "../a", "MANIFEST.json", "a\nb"])
  func namesThatLeaveTheFolderAreProgrammingErrors(name: String) async {
    await #expect(processExitsWith: .failure) { [name] in
      let run = try RunFixture()
      _ = try run.store().save(step: 1, pieces: [(name: name, write: { _ in })], state: [:])
    }
  }

  @Test func aNameUsedTwiceIsAProgrammingError() async {
    await #expect(processExitsWith: .failure) {
      let run = try RunFixture()
      _ = try run.store().save(
        step: 1, pieces: [(name: "a", write: { _ in }), (name: "a", write: { _ in })], state: [:])
    }
  }
}
