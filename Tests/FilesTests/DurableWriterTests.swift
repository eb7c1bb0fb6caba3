import Diagnostics
import Files
import Glibc
import TestSupport
import Testing

struct DurableWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func whatIsCommittedIsThereWithItsDigest() throws {
    let bytes = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
    var beats = 0
    let writer = try DurableWriter(creating: folder.path("a")) { beats += 1 }
    try writer.write([])
    try writer.write(Array(bytes[..<1000]))
    try writer.write(Array(bytes[1000...]))
    #expect(writer.byteCount == UInt64(bytes.count))
    #expect(try writer.commit() == SHA256.digest(of: bytes))
    #expect(try File.read(folder.path("a")) == bytes)
    #expect(beats == 2)
  }

  @Test func whatIsNotCommittedIsRemoved() throws {
    do {
      let writer = try DurableWriter(creating: folder.path("a"))
      try writer.write([1])
      #expect(File.exists(folder.path("a")))
    }
    #expect(!File.exists(folder.path("a")))
  }

  @Test func whatExistsIsNeverOverwritten() throws {
    try File.write([1], to: folder.path("a"))
    #expect(symlink(folder.path("elsewhere"), folder.path("l")) == 0)
    for name in ["a", "l"] {
      #expect { try DurableWriter(creating: folder.path(name)) } throws: {
        ($0 as? FileError)?.number == EEXIST
      }
    }
    #expect(try File.read(folder.path("a")) == [1])
    #expect(!File.exists(folder.path("elsewhere")))
  }

  @Test func aFailingBeatStopsTheWriting() throws {
    struct Stopped: Error {}
    do {
      let writer = try DurableWriter(creating: folder.path("a")) { throw Stopped() }
      #expect(throws: Stopped.self) {
        try writer.write([UInt8](repeating: 0, count: 30 << 20))
      }
    }
    #expect(!File.exists(folder.path("a")))
  }

  @Test func aFileSizeLimitIsReportedAndNothingIsLeft() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 3_000_000, rlim_max: 3_000_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do {
        let writer = try DurableWriter(creating: folder.path("a"))
        try writer.write([UInt8](repeating: 0, count: 8 << 20))
        exit(1)
      } catch let error as FileError {
        guard error.number == EFBIG, error.exitCode == .inputOutput else { exit(2) }
      }
      guard !File.exists(folder.path("a")) else { exit(3) }
    }
  }

  @Test(.enabled(if: getenv("LOCKSTEP_BIG_TESTS") != nil))
  func aFileBeyondTwoGibibytesKeepsEveryByte() throws {
    let piece = (0..<(100 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 10) }
    let writer = try DurableWriter(creating: folder.path("big"))
    let sum = SHA256()
    for _ in 0..<22 {
      try writer.write(piece)
      sum.update(piece)
    }
    let digest = try writer.commit()
    #expect(digest == sum.finish())
    #expect(try SHA256.digest(ofFile: folder.path("big"), fromDisk: true) == digest)
    #expect(try File.size(of: folder.path("big")) == 2200 << 20)
  }
}
