import TestSupport
import Testing

struct BenchmarkTokenizerTests {
  private let folder: TemporaryFolder
  private let vocabulary: String
  private let text: String

  init() throws {
    folder = try TemporaryFolder()
    vocabulary = try folder.write(
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\n.\n", to: "vocab.txt")
    // 2 + 2 + 4 + 3 tokens, without an end of the last line.
    text = try folder.write("a b\n\nab\nabb .\nc. a", to: "text.txt")
  }

  @Test(arguments: ["1", "3"])
  func countsAreThoseOfTheFiles(threads: String) throws {
    let result = try lockstep(
      "benchmark-tokenizer", "--tokenizer", vocabulary, "--threads", threads, "--rounds", "2",
      "--json", text, text)
    #expect(result.errors.isEmpty)
    #expect(result.exitCode == 0)
    #expect(
      result.output.hasPrefix(#"{"bytes":36,"tokens":22,"threads":\#(threads),"seconds":["#))
    #expect(result.output.count { $0 == "," } == 4)
    #expect(result.output.hasSuffix("]}\n"))
  }

  @Test func withoutJSONItIsOneLine() throws {
    let result = try lockstep("benchmark-tokenizer", "--tokenizer", vocabulary, text)
    #expect(result.output.hasPrefix("0.0 MB, 11 tokens, 1 thread: "))
    #expect(result.output.split(separator: "\n").count == 1)
  }

  @Test func whatIsMissingIsSaid() throws {
    let result = try lockstep("benchmark-tokenizer", "--rounds", "0")
    #expect(result.exitCode == 64)
    #expect(result.errorLines.count == 5)
  }
}
