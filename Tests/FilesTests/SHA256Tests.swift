import Files
import TestSupport
import Testing

struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownAnswers(text: String, hex: String) {
    #expect(SHA256.digest(of: Array(text.utf8)).hex == hex)
  }

  @Test func aMillionLettersInPieces() {
    let sum = SHA256()
    for _ in 0..<1000 { sum.update([UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
    #expect(sum.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test(arguments: [false, true])
  func aFileHasTheDigestOfItsBytes(fromDisk: Bool) throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) }
    try File.write(bytes, to: folder.path("a"))
    var beats = 0
    let digest = try SHA256.digest(ofFile: folder.path("a"), fromDisk: fromDisk) { beats += 1 }
    #expect(digest == SHA256.digest(of: bytes))
    #expect(beats == 3)
  }
}
