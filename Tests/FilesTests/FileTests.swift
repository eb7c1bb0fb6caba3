import Diagnostics
import Files
import Glibc
import Testing

struct FileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 3_000_001])
  func whatIsWrittenReadsBack(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    try File.write(bytes, to: folder("a"))
    #expect(try File.read(folder("a")) == bytes)
    #expect(try File.size(of: folder("a")) == UInt64(count))
  }

  @Test func filesThatHideTheirSizeAreRead() throws {
    #expect(try File.read("/proc/self/status").count > 100)
    #expect(try File.size(of: "/proc/self/status") == 0)
  }

  @Test func aFileBeyondTheLimitIsRefused() throws {
    try File.write([1, 2, 3], to: folder("a"))
    #expect(throws: FileError.tooLarge(path: folder("a"), byteCount: 3, limit: 2)) {
      try File.read(folder("a"), limit: 2)
    }
    #expect(throws: FileError.self) { try File.read("/proc/self/status", limit: 10) }
  }

  @Test func aSparseTerabyteIsRefusedWithoutBeingRead() throws {
    try File.write([], to: folder("a"))
    #expect(truncate(folder("a"), 1 << 40) == 0)
    #expect { try File.read(folder("a")) } throws: { ($0 as? FileError)?.exitCode == .data }
  }

  @Test func whatIsNoRegularFileIsRefused() throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(throws: FileError.notARegularFile(path: folder("pipe"))) {
      try File.read(folder("pipe"))
    }
    #expect(throws: FileError.notARegularFile(path: folder.path)) { try File.read(folder.path) }
    #expect(throws: FileError.notARegularFile(path: "/dev/zero")) { try File.read("/dev/zero") }
    #expect(throws: FileError.notARegularFile(path: folder.path)) { try File.size(of: folder.path) }
  }

  @Test func aMissingFileIsAMissingInput() throws {
    #expect {
      try File.read(folder("none"))
    } throws: {
      ($0 as? FileError)?.exitCode == .inputMissing && "\($0)".hasPrefix(folder("none") + ": ")
    }
    #expect(try File.kind(of: folder("none")) == nil)
    #expect(try File.kind(of: folder("none/deeper")) == nil)
    #expect(!File.exists(folder("none")))
  }

  @Test func aNulInAPathIsRefused() throws {
    try File.write([1], to: folder("a"))
    #expect(throws: FileError.self) { try File.read(folder("a\0b")) }
    #expect(throws: FileError.self) { try File.write([], to: folder("c\0d")) }
    #expect(!File.exists(folder("c")))
  }

  @Test func kindsFollowLinks() throws {
    try File.write([1, 2], to: folder("a"))
    #expect(symlink(folder("a"), folder("l")) == 0)
    #expect(symlink(folder("loop"), folder("loop")) == 0)
    #expect(try File.kind(of: folder("l")) == .regularFile(byteCount: 2))
    #expect(try File.kind(of: folder.path) == .folder)
    #expect(try File.kind(of: "/dev/null") == .other)
    #expect(throws: FileError.self) { try File.kind(of: folder("loop")) }
  }

  @Test func replacingLeavesOnlyTheNewFile() throws {
    try File.write([1], to: folder("a"))
    try File.replaceDurably(folder("a"), with: [2, 3])
    #expect(try File.read(folder("a")) == [2, 3])
    #expect(try Folder.list(folder.path) == ["a"])
    #expect(throws: FileError.self) { try File.replaceDurably(folder("none/a"), with: []) }
  }

  @Test func exchangingSwapsTwoFolders() throws {
    try Folder.create(folder("a/x"), withParents: true)
    try Folder.create(folder("b/y"), withParents: true)
    try File.exchange(folder("a"), with: folder("b"))
    #expect(try Folder.list(folder("a")) == ["y"])
    #expect(try Folder.list(folder("b")) == ["x"])
    #expect(throws: FileError.self) { try File.exchange(folder("a"), with: folder("c")) }
  }

  @Test func copiesAndLinksHoldTheSameBytes() throws {
    let bytes = [UInt8](repeating: 7, count: 9_000_000)
    try File.write(bytes, to: folder("a"))
    try File.copy(folder("a"), to: folder("copy"))
    try File.link(folder("a"), to: folder("link"))
    try File.write([1], to: folder("a"))
    #expect(try File.read(folder("copy")) == bytes)
    #expect(try File.read(folder("link")) == [1])
    #expect { try File.link(folder("a"), to: folder("copy")) } throws: {
      ($0 as? FileError)?.number == EEXIST
    }
    #expect(throws: FileError.self) { try File.copy(folder("a"), to: folder("copy")) }
    #expect(try File.read(folder("copy")) == bytes)
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
    try File.write(Array(0..<100), to: folder("a"))
    let file = try InputFile(folder("a"))
    #expect(try file.read(upTo: 3, at: 50) == [50, 51, 52])
    #expect(try file.read(upTo: 10, at: 95) == [95, 96, 97, 98, 99])
    #expect(try file.read(upTo: 10, at: 100) == [])
    #expect(try file.read(upTo: 10, at: 1 << 40) == [])
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 10, alignment: 1)
    defer { buffer.deallocate() }
    #expect(throws: FileError.endsEarly(path: folder("a"), byteCount: 100, expected: 105)) {
      try file.read(into: buffer, at: 95)
    }
  }

  @Test func aMappedFileShowsItsBytes() throws {
    try File.write(Array(0..<100), to: folder("a"))
    try File.write([], to: folder("empty"))
    let mapped = try MappedFile(folder("a"), expectedByteCount: 100)
    #expect(mapped.withBytes { $0.elementsEqual(0..<100) })
    #expect(mapped.withSpan(of: UInt16.self, at: 96, count: 2) { $0[1] } == 0x6362)
    #expect(try MappedFile(folder("empty")).withBytes { $0.isEmpty })
    #expect(
      try MappedFile(folder("empty")).withSpan(of: Int32.self, at: 0, count: 0) { $0.isEmpty })
    #expect(throws: FileError.sizeDiffers(path: folder("a"), byteCount: 100, expected: 99)) {
      try MappedFile(folder("a"), expectedByteCount: 99)
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
    try Folder.create(folder("a/b/c"), withParents: true)
    try Folder.create(folder("a/b/c"), withParents: true)
    #expect(Folder.exists(folder("a/b/c")))
    #expect(throws: FileError.self) { try Folder.create(folder("a")) }
    #expect(throws: FileError.self) { try Folder.create(folder("x/y")) }
  }

  @Test func aFileInTheWayIsNamed() throws {
    try File.write([], to: folder("f"))
    #expect(throws: FileError.notAFolder(path: folder("f"))) {
      try Folder.create(folder("f"), withParents: true)
    }
    #expect(throws: FileError.notAFolder(path: folder("f"))) {
      try Folder.create(folder("f/g"), withParents: true)
    }
  }

  @Test func namesAreListedInTheOrderOfTheirBytes() throws {
    for name in ["b", "a", "é", "B", ".hidden", "e\u{301}"] { try File.write([], to: folder(name)) }
    #expect(
      try Folder.list(folder.path).map { Array($0.utf8) }
        == [".hidden", "B", "a", "b", "e\u{301}", "é"].map { Array($0.utf8) })
    #expect(throws: FileError.self) { try Folder.list(folder("none")) }
    #expect(throws: FileError.self) { try Folder.list(folder("a")) }
  }

  @Test func removingATreeRemovesLinksButNotWhatTheyLeadTo() throws {
    try Folder.create(folder("tree/inner/deep"), withParents: true)
    try Folder.create(folder("kept"))
    try File.write([1], to: folder("kept/file"))
    try File.write([1], to: folder("tree/inner/f"))
    #expect(symlink(folder("kept"), folder("tree/inner/link")) == 0)
    let strange: [CChar] = Array("\(folder("tree"))/".utf8CString.dropLast()) + [-1, 10, 0]
    #expect(mkdir(strange, 0o755) == 0)
    try Folder.removeTree(folder("tree"))
    #expect(try Folder.list(folder.path) == ["kept"])
    #expect(try File.read(folder("kept/file")) == [1])
    #expect(throws: FileError.self) { try Folder.removeTree(folder("tree")) }
  }
}
