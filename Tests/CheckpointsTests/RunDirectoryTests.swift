import Checkpoints
import Diagnostics
import Files
import Glibc
import TestSupport
import Testing

struct RunDirectoryTests {
  let run: RunFixture

  init() throws { run = try RunFixture() }

  @Test func aNewRunLeavesOnlyItsRecord() throws {
    do {
      let directory = try RunDirectory(run.temporary.path("a/b/run"), resuming: false)
      #expect(directory.record == nil)
      #expect(try Folder.list(directory.path) == ["lock"])
      try directory.write(["seed": 1])
    }
    #expect(try Folder.list(run.temporary.path("a/b/run")) == ["run.json"])
    #expect(try RunDirectory(run.temporary.path("a/b/run"), resuming: true).record == ["seed": 1])
  }

  @Test func aFolderWithOtherFilesIsTaken() throws {
    try Folder.create(run.path)
    try File.write([1], to: "\(run.path)/notes")
    #expect(try RunDirectory(run.path, resuming: false).record == nil)
    #expect(try Folder.list(run.path) == ["notes"])
  }

  @Test func anotherRunIsNotOverwritten() throws {
    try RunDirectory(run.path, resuming: false).write([:])
    #expect(throws: RunDirectoryError.holdsAnotherRun(path: run.path, because: "run.json")) {
      try RunDirectory(run.path, resuming: false)
    }
    #expect(try Folder.list(run.path) == ["run.json"])
  }

  @Test func checkpointsWithoutARecordAreNotOverwritten() throws {
    try RunFixture.save(1, to: run.store())
    #expect {
      try RunDirectory(run.path, resuming: false)
    } throws: {
      ($0 as? RunDirectoryError)
        == .holdsAnotherRun(path: run.path, because: "checkpoints/step-00000001")
        && ($0 as? RunDirectoryError)?.exitCode == .cannotCreate
    }
  }

  @Test(arguments: [false, true])
  func aModelThatNoRunHasMadeIsLeftAlone(resuming: Bool) throws {
    try Folder.create("\(run.path)/model", withParents: true)
    try File.write([1], to: "\(run.path)/model/notes")
    let error = RunDirectoryError.holdsAnotherModel(path: "\(run.path)/model")
    #expect(error.exitCode == .cannotCreate)
    #expect(throws: error) { try RunDirectory(run.path, resuming: resuming) }
    #expect(try Folder.list(run.path) == ["model"])
    #expect(try Folder.list(run.path + "/model") == ["notes"])
    try File.write(Array("{}".utf8), to: "\(run.path)/run.json")
    #expect(throws: Never.self) { try RunDirectory(run.path, resuming: true) }
  }

  @Test func aDamagedRecordIsAnError() throws {
    try Folder.create(run.path)
    try File.write(Array("{".utf8), to: "\(run.path)/run.json")
    #expect(throws: JSONError.self) { try RunDirectory(run.path, resuming: true) }
  }

  @Test func aFileIsNoDirectory() throws {
    try File.write([1], to: run.path)
    #expect(throws: FileError.notAFolder(path: run.path)) {
      try RunDirectory(run.path, resuming: false)
    }
    #expect(throws: FileError.notAFolder(path: run.path)) {
      try RunDirectory(run.path + "/inner", resuming: false)
    }
    #expect(try File.read(run.path) == [1])
  }

  @Test func aFolderThatCannotBeWrittenIsRefused() async throws {
    try Folder.create(run.path)
    #expect(chmod(run.temporary.path, 0o755) == 0)
    #expect(chmod(run.path, 0o555) == 0)
    await #expect(processExitsWith: .success) { [path = run.path as String] in
      // Root may write everywhere: nobody may not.
      guard geteuid() != 0 || setuid(65534) == 0 else { exit(1) }
      do {
        _ = try RunDirectory(path, resuming: false)
        exit(2)
      } catch let error as FileError {
        guard error.exitCode == .permission, "\(error)".hasPrefix(path) else { exit(3) }
      }
    }
  }

  @Test func leftoversAreRemoved() throws {
    try Folder.create("\(run.path)/.tmp-model-1/x", withParents: true)
    try File.write([1], to: "\(run.path)/.tmp-probe-1")
    _ = try RunDirectory(run.path, resuming: true)
    #expect(try Folder.list(run.path) == [])
  }

  // MARK: - The lock

  @Test func oneProcessAtATimeHoldsTheDirectory() throws {
    let holder = try RunDirectory(run.path, resuming: false)
    #expect {
      try RunDirectory(run.path, resuming: true)
    } throws: {
      guard case .inUse(_, let by) = $0 as? RunDirectoryError else { return false }
      return by.hasPrefix("process \(getpid()) on ")
    }
    try holder.write([:])
  }

  @Test func aStoreHoldsTheDirectory() throws {
    let store = try run.store()
    #expect(throws: RunDirectoryError.self) { try RunDirectory(run.path, resuming: true) }
    try RunFixture.save(1, to: store)
  }

  @Test func theDirectoryIsFreeAgainAfterItsHolder() throws {
    _ = try RunDirectory(run.path, resuming: false)
    _ = try RunDirectory(run.path, resuming: false)
  }

  @Test func theLockOfAProcessThatWasKilledIsTakenOver() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = run.path as String] in
      let directory = try RunDirectory(path, resuming: false)
      try directory.write([:])
      kill(getpid(), SIGKILL)
      exit(1)
    }
    #expect(File.exists("\(run.path)/lock"))
    let directory = try RunDirectory(run.path, resuming: true)
    #expect(directory.record == [:])
    let holder = try #require(ProcessIdentity(try JSON.read("\(run.path)/lock")))
    #expect(holder.processID == Int(getpid()))
    #expect(holder.mayBeAlive)
  }

  @Test func aStaleLockFileIsTakenOver() throws {
    try Folder.create(run.path)
    for text in ["", "{", #"{"host":"elsewhere","pid":1,"boot_id":"x","since":"then"}"#] {
      try File.write(Array(text.utf8), to: "\(run.path)/lock")
      _ = try RunDirectory(run.path, resuming: true)
    }
  }

  // MARK: - The model

  @Test func theModelIsThatOfTheLastCheckpoint() throws {
    let directory = try RunDirectory(run.path, resuming: true)
    let store = try CheckpointStore(in: directory, keptCount: 1)
    let names = ["model.safetensors", "config.json"]
    for step in [1, 2, 3] {
      let saved = try RunFixture.save(step, to: store)
      try directory.publish(saved, names: names)
      #expect(try Folder.list(directory.modelPath) == names.sorted())
      for name in names {
        #expect(
          try File.read("\(directory.modelPath)/\(name)") == RunFixture.bytes(name, step: step))
      }
    }
    #expect(try Folder.list(run.path) == ["checkpoints", "lock", "model"])
    var status = stat()
    #expect(stat("\(directory.modelPath)/config.json", &status) == 0)
    #expect(status.st_nlink == 2)
  }

  @Test func aMissingFileLeavesTheModelAsItIs() throws {
    let directory = try RunDirectory(run.path, resuming: true)
    let store = try CheckpointStore(in: directory, keptCount: 2)
    try directory.publish(try RunFixture.save(1, to: store), names: ["config.json"])
    let saved = try RunFixture.save(2, to: store)
    #expect(throws: FileError.self) {
      try directory.publish(saved, names: ["config.json", "none"])
    }
    #expect(
      try File.read("\(directory.modelPath)/config.json")
        == RunFixture.bytes("config.json", step: 1))
    #expect(try Folder.list(run.path) == ["checkpoints", "lock", "model"])
  }

  @Test(arguments: ["file", "link"])
  func whatTheUserPutInPlaceOfTheModelIsReplaced(kind: String) throws {
    let directory = try RunDirectory(run.path, resuming: true)
    let store = try CheckpointStore(in: directory, keptCount: 2)
    if kind == "file" {
      try File.write([1], to: directory.modelPath)
    } else {
      #expect(symlink("/nowhere", directory.modelPath) == 0)
    }
    try directory.publish(try RunFixture.save(1, to: store), names: ["config.json"])
    #expect(try Folder.list(directory.modelPath) == ["config.json"])
  }
}
