import Collectives
import Datasets
import Diagnostics
import Files
import Glibc
import TestSupport
import Testing

@Suite struct TextErrorTests {
  let folder: TemporaryFolder
  let world = SoloWorld()

  init() throws {
    folder = try TemporaryFolder()
  }

  private func file(_ bytes: [UInt8], _ name: String = "text.txt") throws -> String {
    let path = folder.path + "/" + name
    try File.write(bytes, to: path)
    return path
  }

  /// Everything that training does with a text before the first step.
  private func read(_ paths: String...) throws {
    _ = try TextDataset(paths: paths).grouped(
      into: 16, using: LetterTokenizer.make(), on: world, cache: .none)
  }

  private func failure(_ paths: String...) -> TextError? {
    #expect(throws: TextError.self) {
      _ = try TextDataset(paths: paths).grouped(
        into: 16, using: LetterTokenizer.make(), on: world, cache: .none)
    }
  }

  @Test func missingFilesAreMissing() throws {
    let path = folder.path + "/absent.txt"
    #expect(failure(path) == .missing(path: path))
    #expect(failure(path)?.exitCode == .inputMissing)
    let below = try file([65]) + "/inner.txt"
    #expect(failure(below)?.exitCode == .inputMissing)
    #expect(failure("")?.exitCode == .inputMissing)
    #expect(failure("a\0b")?.exitCode == .inputMissing)
    #expect(failure()?.exitCode == .usage)
  }

  @Test func linksInACircleCannotBeOpened() throws {
    let path = folder.path + "/circle"
    symlink(path, path)
    guard case .unreadable(path, let reason) = failure(path) else {
      Issue.record("a circle of links was opened")
      return
    }
    #expect(reason.contains("symbolic links"))
  }

  @Test func foldersPipesAndDevicesAreNoText() throws {
    #expect(failure(folder.path) == .notAFile(path: folder.path, found: "a folder"))
    let pipe = folder.path + "/pipe"
    mkfifo(pipe, 0o600)
    #expect(failure(pipe) == .notAFile(path: pipe, found: "a pipe"))
    #expect(failure("/dev/zero") == .notAFile(path: "/dev/zero", found: "a device"))
  }

  @Test func aFileNamedTwiceIsRefusedHoweverItIsSpelled() throws {
    let path = try file(Array("some words\n".utf8))
    let link = folder.path + "/link.txt"
    symlink(path, link)
    #expect(failure(path, path) == .listedTwice(path: path, first: path))
    #expect(failure(path, link) == .listedTwice(path: link, first: path))
    let copy = try file(Array("some words\n".utf8), "copy.txt")
    #expect(throws: Never.self) { try read(path, copy) }
  }

  @Test(
    arguments: [
      ([0x1F, 0x8B, 8, 0, 1, 2, 3], "a gzip archive"), (Array("PAR1....".utf8), "a Parquet table"),
      ([0x50, 0x4B, 3, 4, 20, 0], "a zip archive"),
      ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard archive"),
      (Array("%PDF-1.7\n".utf8), "a PDF document"), ([0x7F, 0x45, 0x4C, 0x46, 2], "a program"),
    ] as [([UInt8], String)])
  func knownFormatsAreRefusedByName(head: [UInt8], name: String) throws {
    let path = try file(head)
    guard case .format(path, name, _) = failure(path) else {
      Issue.record("\(name) was taken for text")
      return
    }
    #expect(failure(path)?.exitCode == .data)
  }

  @Test(arguments: [
    ("a.json", "jq -r '.[].text' FILE"), ("a.jsonl", "jq -r .text FILE"),
    ("a.NDJSON", "jq -r .text FILE"), ("a.csv", "csv.DictReader"), ("a.Tsv", "cut -f 1"),
  ])
  func textInFieldsIsRefusedByTheFilesName(name: String, advice: String) throws {
    let path = try file(Array("words\n".utf8), name)
    guard case .fields(path, _, _) = failure(path) else {
      Issue.record("\(name) was taken for plain text")
      return
    }
    #expect(failure(path)?.exitCode == .data)
    #expect(failure(path)?.description.contains(advice) == true)
    let plain = try file(Array("words\n".utf8), name + ".txt")
    #expect(throws: Never.self) { try read(plain) }
  }

  @Test(
    arguments: [
      ([0xFF, 0xFE, 0x61, 0], "UTF-16LE"), ([0xFE, 0xFF, 0, 0x61], "UTF-16BE"),
      ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "UTF-32LE"),
      (Array("plain text".utf16).flatMap { [UInt8($0), 0] }, "UTF-16LE"),
      (Array("plain text".utf16).flatMap { [0, UInt8($0)] }, "UTF-16BE"),
    ] as [([UInt8], String)])
  func wideCharactersAreRefusedWithTheirEncoding(bytes: [UInt8], encoding: String) throws {
    let path = try file(bytes)
    #expect(failure(path) == .wideCharacters(path: path, encoding: encoding))
    #expect(failure(path)?.description.contains("iconv -f \(encoding) -t UTF-8") == true)
  }

  @Test func zeroBytesAreNotText() throws {
    let path = try file(Array("two words\nthen \0 zero\n".utf8))
    #expect(failure(path) == .binary(path: path, offset: 15))
  }

  @Test(arguments: [
    ("\n", 3), ("\r\n", 3), ("\r", 3), ("\n\n", 5),
  ])
  func invalidBytesAreNamedWithLineAndOffset(lineEnd: String, line: Int) throws {
    let before = Array("one\(lineEnd)two\(lineEnd)caf".utf8)
    let path = try file(before + [0xE9, 0x20, 0x61, 0x62, 0x63])
    #expect(
      failure(path)
        == .invalidUTF8(
          path: path, line: line, offset: UInt64(before.count), bytes: [0xE9, 0x20, 0x61, 0x62]))
  }

  @Test(
    arguments: [
      [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xFF], [0xE2, 0x82],
    ] as [[UInt8]])
  func everyKindOfInvalidUTF8IsRefused(bytes: [UInt8]) throws {
    let path = try file(Array("a b ".utf8) + bytes)
    guard case .invalidUTF8(path, 1, 4, bytes) = failure(path) else {
      Issue.record("\(bytes) were taken for text")
      return
    }
  }

  @Test func invalidBytesFarInsideAreFoundByWhicheverRankReadsThem() throws {
    let lines = [UInt8](repeating: 0, count: 40_000).indices.flatMap { Array("line \($0)\n".utf8) }
    var bytes = lines
    let place = 300_000
    bytes[place] = 0xFF
    let path = try file(bytes)
    let line = lines[..<place].count { $0 == 0x0A } + 1
    for outcome in ThreadWorld.outcomes(
      ranks: 3,
      { world in
        _ = try TextDataset(path).grouped(
          into: 16, using: LetterTokenizer.make(), on: world, threadCount: 2, cache: .none)
      })
    {
      let error = try #require(outcome.error as? any Diagnostic)
      #expect(error.exitCode == .data)
      #expect(error.description.contains("line \(line), byte offset \(place)"))
    }
  }

  @Test(arguments: ["", "\n", "\n\n\r\n\r", "  \t \n \u{0B}\n", "\u{FEFF}", "\u{FEFF}\n"])
  func textWithoutWordsIsAnError(text: String) throws {
    let path = try file(Array(text.utf8))
    #expect(failure(path) == .noTokens(path: path, fileCount: 1))
    let other = try file([], "empty.txt")
    #expect(failure(path, other) == .noTokens(path: path, fileCount: 2))
  }

  @Test func anEmptyFileBesideAFullOneIsFine() throws {
    let empty = try file([], "empty.txt")
    let full = try file(Array("words".utf8))
    #expect(throws: Never.self) { try read(empty, full) }
  }

  @Test func messagesAreOneLineWhateverThePath() throws {
    let path = try file([0x80], "two\nlines\u{1B}[31m.txt")
    let text = try #require(failure(path)).description
    #expect(!text.contains("\n") && !text.contains("\u{1B}"))
    #expect(text.contains("byte offset 0") && text.contains("found 80"))
  }
}
