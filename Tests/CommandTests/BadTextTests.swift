import TestSupport
import Testing

struct BadTextTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  /// What one file should lead to.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]?
    let exitCode: Int32
    let message: String
    var testDescription: String { name }
  }

  private static let refusals = [
    Refusal(name: "missing.txt", bytes: nil, exitCode: 66, message: "does not exist"),
    Refusal(name: "empty.txt", bytes: [], exitCode: 65, message: "no text"),
    Refusal(name: "blank.txt", bytes: Array("\n \n\t\r\n".utf8), exitCode: 65, message: "no text"),
    Refusal(
      name: "binary.bin", bytes: Array("text ".utf8) + [0, 1, 2, 0xFF], exitCode: 65,
      message: "not text"),
    Refusal(
      name: "latin1.txt", bytes: Array("caf".utf8) + [0xE9, 0x20, 0x64, 0x0A], exitCode: 65,
      message: "not UTF-8: line 1"),
    Refusal(
      name: "utf16.txt", bytes: [0xFF, 0xFE, 0x61, 0, 0x62, 0], exitCode: 65, message: "UTF-16"),
    Refusal(
      name: "texts.jsonl", bytes: Array("{\"text\": \"a\"}\n".utf8), exitCode: 65,
      message: "jq -r .text FILE"),
    Refusal(
      name: "TABLE.CSV", bytes: Array("text,label\na,1\n".utf8), exitCode: 65, message: "csv"),
  ]

  @Test(arguments: refusals)
  func filesThatAreNoTextAreRefusedOnceForAllRanks(refusal: Refusal) throws {
    let path =
      try refusal.bytes.map { try run.folder.write($0, to: refusal.name) }
      ?? run.folder.path(refusal.name)
    for ranks in [1, 2] {
      let result = try run.train(ranks: ranks, run.command(data: [path]))
      #expect(result.exitCode == refusal.exitCode)
      #expect(result.errorReports.count == 1)
      #expect(result.errorReports.first?.contains(refusal.name) == true)
      #expect(result.errorReports.first?.contains(refusal.message) == true)
    }
  }

  @Test func aFolderIsNoText() throws {
    let result = try run.train(run.command(data: [run.folder.path]))
    #expect(result.exitCode == 65)
    #expect(result.errorReports.first?.contains("found a folder") == true)
  }

  @Test func lineEndsAndByteOrderMarksDoNotChangeTheBits() throws {
    #expect(try run.train(run.command()).exitCode == 0)
    let weights = try #require(run.weights())
    let crlf = ShortRun.story.replacing("\n", with: "\r\n")
    let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Array(crlf.utf8)
    let path = try run.folder.write(marked, to: "windows.txt")
    let output = run.folder.path("windows")
    let result = try run.train(run.command(data: [path], "--output", output))
    #expect(result.exitCode == 0)
    #expect(result.errors.contains("a byte order mark was skipped"))
    #expect(run.weights(in: output) == weights)
  }
}
