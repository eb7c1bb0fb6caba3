import Diagnostics
import Files
import Glibc
import TestSupport
import Testing

struct FileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 3_000_001])
  func whatIsWrittenReadsBack(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    try File.write(bytes, to: folder.path("a"))
    #expect(try File.read(folder.path("a")) == bytes)
    #expect(try File.size(of: folder.path("a")) == UInt64(count))
  }

  @Test func filesThatHideTheirSizeAreRead() throws {
    #expect(try File.read("/proc/self/status").count > 100)
    #expect(try File.size(of: "/proc/self/status") == 0)
  }

  @Test func aFileBeyondTheLimitIsRefused() throws {
    try File.write([1, 2, 3], to: folder.path("a"))
    #expect(throws: FileError.tooLarge(path: folder.path("a"), byteCount: 3, limit: 2)) {
      try File.read(folder.path("a"), limit: 2)
    }
    #expect(throws: FileError.self) { try File.read("/proc/self/status", limit: 10) }
  }

  @Test func aSparseTerabyteIsRefusedWithoutBeingRead() throws {
    try File.write([], to: folder.path("a"))
    #expect(truncate(folder.path("a"), 1 << 40) == 0)
    #expect { try File.read(folder.path("a")) } throws: { ($0 as? FileError)?.exitCode == .data }
  }

  @Test func whatIsNoRegularFileIsRefused() throws {
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(throws: FileError.notARegularFile(path: folder.path("pipe"))) {
      try File.read(folder.path("pipe"))
    }
    #expect(throws: FileError.notARegularFile(path: folder.path)) { try File.read(folder.path) }
    #expect(throws: FileError.notARegularFile(path: "/dev/zero")) { try File.read("/dev/zero") }
    #expect(throws: FileError.notARegularFile(path: folder.path)) { try File.size(of: folder.path) }
  }

  @Test func aMissingFileIsAMissingInput() throws {
    #expect {
      try File.read(folder.path("none"))
    } throws: {
      ($0 as? FileError)?.exitCode == .inputMissing && "\($0)".hasPrefix(folder.path("none") + ": ")
    }
    #expect(try File.kind(of: folder.path("none")) == nil)
    #expect(try File.kind(of: folder.path("none/deeper")) == nil)
    #expect(!File.exists(folder.path("none")))
  }

  @Test func aNulInAPathIsRefused() throws {
    try File.write([1], to: folder.path("a"))
    #expect(throws: FileError.self) { try File.read(folder.path("a\0b")) }
    #expect(throws: FileError.self) { try File.write([], to: folder.path("c\0d")) }
    #expect(!File.exists(folder.path("c")))
  }

  @Test func kindsFollowLinks() throws {
    try File.write([1, 2], to: folder.path("a"))
    #expect(symlink(folder.path("a"), folder.path("l")) == 0)
    #expect(symlink(folder.path("loop"), folder.path("loop")) == 0)
    #expect(try File.kind(of: folder.path("l")) == .regularFile(byteCount: 2))
    #expect(try File.kind(of: folder.path) == .folder)
    #expect(try File.kind(of: "/dev/null") == .other)
    #expect(throws: FileError.self) { try File.kind(of: folder.path("loop")) }
  }

  @Test func replacingLeavesOnlyTheNewFile() throws {
    try File.write([1], to: folder.path("a"))
    try File.replaceDurably(folder.path("a"), with: [2, 3])
    #expect(try File.read(folder.path("a")) == [2, 3])
    #expect(try Folder.list(folder.path) == ["a"])
    #expect(throws: FileError.self) { try File.replaceDurably(folder.path("none/a"), with: []) }
  }

  @Test func exchangingSwapsTwoFolders() throws {
    try Folder.create(folder.path("a/x"), withParents: true)
    try Folder.create(folder.path("b/y"), withParents: true)
    try File.exchange(folder.path("a"), with: folder.path("b"))
    #expect(try Folder.list(folder.path("a")) == ["y"])
    #expect(try Folder.list(folder.path("b")) == ["x"])
    #expect(throws: FileError.self) { try File.exchange(folder.path("a"), with: folder.path("c")) }
  }

  @Test func copiesAndLinksHoldTheSameBytes() throws {
    let bytes = [UInt8](repeating: 7, count: 9_000_000)
    try File.write(bytes, to: folder.path("a"))
    try File.copy(folder.path("a"), to: folder.path("copy"))
    try File.link(folder.path("a"), to: folder.path("link"))
    try File.write([1], to: folder.path("a"))
    #expect(try File.read(folder.path("copy")) == bytes)
    #expect(try File.read(folder.path("link")) == [1])
    #expect { try File.link(folder.path("a"), to: folder.path("copy")) } throws: {
      ($0 as? FileError)?.number == EEXIST
    }
    #expect(throws: FileError.self) { try File.copy(folder.path("a"), to: folder.path("copy")) }
    #expect(try File.read(folder.path("copy")) == bytes)
  }

  @Test func aFullDeviceIsSaidToBeFull() {
    #expect {
      try File.write([1], to: "/dev/full")
    } throws: {
      let error = $0 as? FileError
      return error?.isDiskFull == true && error?.exitCode == .inputOutput
        && "\($0)".hasPrefix("/dev/full: cannot be written: No space left on device")
    }
  }

  @Test func piecesAreReadAtAnyPlace() throws {
    try File.write(Array(0..<100), to: folder.path("a"))
    let file = try InputFile(folder.path("a"))
    #expect(try file.read(upTo: 3, at: 50) == [50, 51, 52])
    #expect(try file.read(upTo: 10, at: 95) == [95, 96, 97, 98, 99])
    #expect(try file.read(upTo: 10, at: 100) == [])
    #expect(try file.read(upTo: 10, at: 1 << 40) == [])
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 10, alignment: 1)
    defer { buffer.deallocate() }
    #expect(throws: FileError.endsEarly(path: folder.path("a"), byteCount: 100, expected: 105)) {
      try file.read(into: buffer, at: 95)
    }
  }

  @Test func aMappedFileShowsItsBytes() throws {
    try File.write(Array(0..<100), to: folder.path("a"))
    try File.write([], to: folder.path("empty"))
    let mapped = try MappedFile(folder.path("a"), expectedByteCount: 100)
    #expect(mapped.withBytes { $0.elementsEqual(0..<100) })
    #expect(mapped.withSpan(of: UInt16.self, at: 96, count: 2) { $0[1] } == 0x6362)
    #expect(try MappedFile(folder.path("empty")).withBytes { $0.isEmpty })
    #expect(
      try MappedFile(folder.path("empty")).withSpan(of: Int32.self, at: 0, count: 0) { $0.isEmpty })
    #expect(throws: FileError.sizeDiffers(path: folder.path("a"), byteCount: 100, expected: 99)) {
      try MappedFile(folder.path("a"), expectedByteCount: 99)
    }
  }
}

struct FolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [
    ("a", "."), ("a/b", "a"), ("/a", "/"), ("/", "/"), ("a/b/", "a"), ("a//b//", "a"), ("//a", "/"),
    ("", "."),
  ])
  func parents(path: String, parent: String) {
    #expect(Folder.parent(of: path) == parent)
  }

  @Test func missingParentsAreCreated() throws {
    try Folder.create(folder.path("a/b/c"), withParents: true)
    try Folder.create(folder.path("a/b/c"), withParents: true)
    #expect(Folder.exists(folder.path("a/b/c")))
    #expect(throws: FileError.self) { try Folder.create(folder.path("a")) }
    #expect(throws: FileError.self) { try Folder.create(folder.path("x/y")) }
  }

  @Test(arguments: ["/proc/lockstep", "/proc/lockstep/deep/er"])
  func whatAFileSystemCannotMakeIsAnError(path: String) throws {
    #expect {
      try Folder.create(path, withParents: true)
    } throws: {
      let error = $0 as? FileError
      return error == .system(.create, path: "/proc/lockstep", number: ENOENT)
        && error?.exitCode == .cannotCreate
    }
  }

  @Test func aFileInTheWayIsNamed() throws {
    try File.write([], to: folder.path("f"))
    #expect(throws: FileError.notAFolder(path: folder.path("f"))) {
      try Folder.create(folder.path("f"), withParents: true)
    }
    #expect(throws: FileError.notAFolder(path: folder.path("f"))) {
      try Folder.create(folder.path("f/g"), withParents: true)
    }
  }

  @Test func namesAreListedInTheOrderOfTheirBytes() throws {
    for name in ["b", "a", "é", "B", ".hidden", "e\u{301}"] {
      try File.write([], to: folder.path(name))
    }
    #expect(
      try Folder.list(folder.path).map { Array($0.utf8) }
        == [".hidden", "B", "a", "b", "e\u{301}", "é"].map { Array($0.utf8) })
    #expect(throws: FileError.self) { try Folder.list(folder.path("none")) }
    #expect(throws: FileError.self) { try Folder.list(folder.path("a")) }
  }

  @Test func removingATreeRemovesLinksButNotWhatTheyLeadTo() throws {
    try Folder.create(folder.path("tree/inner/deep"), withParents: true)
    try Folder.create(folder.path("kept"))
    try File.write([1], to: folder.path("kept/file"))
    try File.write([1], to: folder.path("tree/inner/f"))
    #expect(symlink(folder.path("kept"), folder.path("tree/inner/link")) == 0)
    let strange: [CChar] = Array("\(folder.path("tree"))/".utf8CString.dropLast()) + [-1, 10, 0]
    #expect(mkdir(strange, 0o755) == 0)
    try Folder.removeTree(folder.path("tree"))
    #expect(try Folder.list(folder.path) == ["kept"])
    #expect(try File.read(folder.path("kept/file")) == [1])
    #expect(throws: FileError.self) { try Folder.removeTree(folder.path("tree")) }
  }
}
