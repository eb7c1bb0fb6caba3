import Checkpoints
import Diagnostics
import Files
import TestSupport
import Testing

struct CheckpointDamageTests {
  let run: RunFixture
  let store: CheckpointStore
  let older: Checkpoint
  let newer: Checkpoint

  init() throws {
    run = try RunFixture()
    store = try run.store()
    older = try RunFixture.save(10, to: store)
    newer = try RunFixture.save(20, to: store)
  }

  static let allNames = RunFixture.names + ["MANIFEST.json"]

  /// Changes a file of the newer checkpoint, expects that the older one is used and that the file is named,
  /// and puts the file back.
  private func expectFallback(_ name: String, _ change: ([UInt8]) -> [UInt8]) throws {
    let path = newer.path(of: name)
    let bytes = try File.read(path)
    try File.write(change(bytes), to: path)
    let (found, damage) = try store.newestValid()
    #expect(found == older)
    #expect(damage.map(\.file) == [name])
    #expect(damage.first?.step == 20)
    #expect(damage.first?.folder == newer.folder)
    try File.write(bytes, to: path)
  }

  @Test(arguments: allNames)
  func everyFlippedBitIsFound(name: String) throws {
    let count = try File.read(newer.path(of: name)).count
    for trial in 0..<200 {
      let bit = (trial * 2_654_435_761) % (count * 8)
      try expectFallback(name) { bytes in
        var bytes = bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return bytes
      }
    }
    #expect(try store.newestValid().checkpoint == newer)
  }

  @Test(arguments: allNames)
  func everyTruncationAndExtensionIsFound(name: String) throws {
    let count = try File.read(newer.path(of: name)).count
    for trial in 0..<50 {
      try expectFallback(name) { Array($0[..<(trial * count / 50)]) }
    }
    try expectFallback(name) { $0 + [1] }
  }

  @Test func bothDigestsAreNamed() throws {
    let name = RunFixture.names[0]
    var bytes = RunFixture.bytes(name, step: 20)
    bytes[500] ^= 4
    try File.write(bytes, to: newer.path(of: name))
    let damage = try #require(try store.newestValid().damage.first)
    #expect(damage.expected == SHA256.digest(of: RunFixture.bytes(name, step: 20)).hex)
    #expect(damage.found == SHA256.digest(of: bytes).hex)
    #expect(
      damage.description
        == "\(newer.path(of: name)): expected \(damage.expected), found \(damage.found)")
  }

  @Test(arguments: allNames)
  func aMissingFileIsFound(name: String) throws {
    try File.remove(newer.path(of: name))
    let (found, damage) = try store.newestValid()
    #expect(found == older)
    #expect(damage.map(\.file) == [name])
  }

  @Test(arguments: allNames)
  func aFolderInPlaceOfAFileIsFound(name: String) throws {
    try File.remove(newer.path(of: name))
    try Folder.create(newer.path(of: name))
    #expect(try store.newestValid().checkpoint == older)
  }

  @Test(arguments: allNames)
  func aFileOfAnotherStepIsFound(name: String) throws {
    try File.write(try File.read(older.path(of: name)), to: newer.path(of: name))
    #expect(try store.newestValid().checkpoint == older)
  }

  @Test func swappedFilesAreFound() throws {
    try File.exchange(
      newer.path(of: RunFixture.names[0]), with: newer.path(of: RunFixture.names[2]))
    let (found, damage) = try store.newestValid()
    #expect(found == older)
    #expect(damage.map(\.file) == [RunFixture.names[0], RunFixture.names[2]])
  }

  @Test func aCheckpointUnderTheNameOfAnotherStepIsFound() throws {
    try File.rename(newer.folder, to: "\(store.folder)/step-00000030")
    let (found, damage) = try store.newestValid()
    #expect(found == older)
    #expect(damage.first?.expected == "step 30")
  }

  @Test func anEmptyFolderAndAFileAreNoCheckpoints() throws {
    try Folder.create("\(store.folder)/step-00000030")
    try File.write([], to: "\(store.folder)/step-00000040")
    let (found, damage) = try store.newestValid()
    #expect(found == newer)
    #expect(damage.map(\.step) == [40, 30])
  }

  @Test func ifAllAreDamagedNothingStartsAnew() throws {
    try File.write([], to: older.path(of: RunFixture.names[1]))
    try File.remove(newer.path(of: "MANIFEST.json"))
    #expect {
      try store.newestValid()
    } throws: { error in
      guard case .allDamaged(_, let damage) = error as? CheckpointError else { return false }
      return damage.map(\.step) == [20, 10] && (error as? CheckpointError)?.exitCode == .data
        && "\(error)".contains(older.path(of: RunFixture.names[1]))
    }
  }

  @Test func theRunGoesOnFromTheOlderOneAndReplacesTheDamaged() throws {
    try File.write([], to: newer.path(of: RunFixture.names[0]))
    let store = try CheckpointStore(
      in: try RunDirectory(run.temporary.path("other"), resuming: true), keptCount: 1)
    try File.rename(older.folder, to: "\(store.folder)/step-00000010")
    try File.rename(newer.folder, to: "\(store.folder)/step-00000020")
    let saved = try RunFixture.save(15, to: store)
    #expect(try store.steps() == [15])
    #expect(try store.newestValid().checkpoint == saved)
  }

  @Test func aNewerFormatIsNotMistakenForDamage() throws {
    var manifest = try #require(try JSON.read(newer.path(of: "MANIFEST.json")).object)
    manifest["sha256"] = nil
    manifest["format"] = 2
    manifest["sha256"] = JSON(SHA256.digest(of: JSON.object(manifest).serialized()).hex)
    try File.write(JSON.object(manifest).serialized(), to: newer.path(of: "MANIFEST.json"))
    #expect {
      try store.newestValid()
    } throws: {
      guard case .newerFormat(_, 2, 1) = $0 as? CheckpointError else { return false }
      return true
    }
  }

  @Test(arguments: ["../../step-00000010/config.json", "/etc/passwd", "", ".", "MANIFEST.json"])
  func aManifestCannotNameFilesElsewhere(name: String) throws {
    var manifest = try #require(try JSON.read(newer.path(of: "MANIFEST.json")).object)
    manifest["sha256"] = nil
    manifest["files"] = [["name": JSON(name), "size": 1, "sha256": ""]]
    manifest["sha256"] = JSON(SHA256.digest(of: JSON.object(manifest).serialized()).hex)
    try File.write(JSON.object(manifest).serialized(), to: newer.path(of: "MANIFEST.json"))
    let (found, damage) = try store.newestValid()
    #expect(found == older)
    #expect(damage.map(\.file) == ["MANIFEST.json"])
  }
}
