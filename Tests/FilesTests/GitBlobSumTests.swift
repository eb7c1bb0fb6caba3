import Files
import TestSupport
import Testing

struct GitBlobSumTests {
  /// What `git hash-object` says.
  @Test(arguments: [
    ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
    ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
  ])
  func theNameIsGits(text: String, expected: String) {
    let sum = GitBlobSum(byteCount: UInt64(text.utf8.count))
    for byte in text.utf8 { sum.update([byte]) }
    #expect(sum.finish() == expected)
  }

  @Test func linksReplaceWhatIsThere() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "a")
    try folder.write("two", to: "b")
    let link = folder.path("link")
    try File.makeSymbolicLink(link, to: "a")
    try File.makeSymbolicLink(link, to: "b")
    #expect(contents(of: link) == Array("two".utf8))
    #expect(try Folder.list(folder.path) == ["a", "b", "link"])
    #expect(throws: FileError.self) {
      try File.makeSymbolicLink(folder.path("no/link"), to: "a")
    }
  }
}
