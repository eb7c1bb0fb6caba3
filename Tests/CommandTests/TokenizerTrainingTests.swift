import TestSupport
import Testing

/// `lockstep tokenizer train` from text to a file that the other actions open.
struct TokenizerTrainingTests {
  private let folder: TemporaryFolder
  private let text: String

  init() throws {
    folder = try TemporaryFolder()
    let line = "Der Hase läuft, der Igel schläft; der Hase läuft wieder.\n"
    text = try folder.write(String(repeating: line, count: 20), to: "text.txt")
  }

  private func train(
    _ words: String..., input: [String]? = nil, output: String = "new/tokenizer"
  ) throws -> Subprocess.Result {
    try Subprocess.run(
      builtProgram("lockstep"),
      ["tokenizer", "train", "--output", folder.path(output), "--input"] + (input ?? [text]) + words
    )
  }

  private var file: String { folder.path("new/tokenizer/tokenizer.json") }

  @Test(arguments: [("wordpiece", "60"), ("bpe", "280"), ("unigram", "32")])
  func whatIsLearntEncodesAndDecodesText(_ kind: String, _ size: String) throws {
    let result = try train("--kind", kind, "--vocabulary-size", size)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.contains("tokenizer.json: \(size) tokens learnt from 1,200 bytes"))
    let texts = try folder.write("{\"text\":\"der Hase schläft\"}\n", to: "texts.jsonl")
    let ids = folder.path("ids.jsonl")
    let tokenizer = folder.path("new/tokenizer")
    let encoded = try Subprocess.run(
      builtProgram("lockstep"),
      ["tokenizer", "encode", "--tokenizer", tokenizer, "--input", texts, "--output", ids])
    #expect(encoded.exitCode == 0, "\(encoded.errors)")
    let decoded = try Subprocess.run(
      builtProgram("lockstep"),
      ["tokenizer", "decode", "--tokenizer", tokenizer, "--input", ids, "--output", file + ".txt"])
    #expect(decoded.exitCode == 0, "\(decoded.errors)")
    let lines = String(decoding: contents(of: file + ".txt") ?? [], as: UTF8.self)
    #expect(lines == "{\"i\":0,\"text\":\"der Hase schläft\"}\n")
  }

  @Test func optionsOfTheKindAreHonoured() throws {
    let plain = try train("--vocabulary-size", "1000")
    #expect(plain.output.contains(", which have no more"), "\(plain.output)")
    let before = String(decoding: contents(of: file) ?? [], as: UTF8.self)
    #expect(before.contains("\"Hase\"") && before.contains("\"lowercase\": false"))
    let words = ["--lowercase", "--minimum-frequency", "30"]
    #expect(try train(words[0], words[1], words[2], output: "lower").exitCode == 0)
    let lower = contents(of: folder.path("lower/tokenizer.json")) ?? []
    let after = String(decoding: lower, as: UTF8.self)
    #expect(after.contains("\"hase\"") && after.contains("\"lowercase\": true"))
    #expect(!after.contains("\"igel\""))
  }

  @Test func aTokenizerThatIsThereIsLeftAlone() throws {
    #expect(try train().exitCode == 0)
    let before = contents(of: file)
    let again = try train("--kind", "unigram")
    #expect(again.exitCode == 73)
    #expect(again.errors.contains("tokenizer.json: is there already"))
    #expect(contents(of: file) == before)
  }

  @Test func aFileIsNoFolder() throws {
    try folder.write("mine", to: "new")
    let result = try train(output: "new")
    #expect(result.exitCode == 73, "\(result.errors)")
    #expect(contents(of: folder.path("new")) == Array("mine".utf8))
  }

  @Test(
    arguments: [
      (["--vocabulary-size", "0"], 64, "--vocabulary-size 0: must be 32 to 10000000"),
      (["--vocabulary-size", "many"], 64, "is not a whole number"),
      (["--kind", "bpe", "--vocabulary-size", "260"], 64, "expected at least 261"),
      (["--kind", "bype"], 64, "must be wordpiece, bpe or unigram"),
      (["--kind", "bpe", "--lowercase"], 64, "--lowercase: only wordpiece"),
      (["--kind", "unigram", "--minimum-frequency", "2"], 64, "only wordpiece and bpe"),
      (["--minimum-frequency", "0"], 64, "must be 1 to"), (["--threads", "0"], 64, "must be 1 to"),
      (["--tokenizer", "x"], 64, "--tokenizer: train makes one"),
      (["--no-special-tokens"], 64, "only encode adds any"),
    ] as [([String], Int32, String)])
  func badOptionsAreSaidAndNothingWritten(
    _ words: [String], _ code: Int32, _ says: String
  ) throws {
    let result = try Subprocess.run(
      builtProgram("lockstep"),
      ["tokenizer", "train", "--input", text, "--output", folder.path("new")] + words)
    #expect(result.exitCode == code)
    #expect(result.errors.contains(says), "\(result.errors)")
    #expect(contents(of: folder.path("new/tokenizer.json")) == nil)
  }

  @Test func badTextIsSaidAndNothingWritten() throws {
    let missing = try train(input: [text, folder.path("missing")])
    #expect(missing.exitCode == 66)
    #expect(missing.errors.contains("missing: does not exist"), "\(missing.errors)")
    let empty = try train(input: [try folder.write("", to: "empty.txt")])
    #expect(empty.exitCode == 65)
    #expect(empty.errors.contains("the text has no words"), "\(empty.errors)")
    #expect(contents(of: file) == nil)
  }

  @Test func anyNumberOfThreadsLearnsTheSame() throws {
    for count in ["1", "3"] {
      let result = try train("--kind", "bpe", "--threads", count, output: count)
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    let alone = try #require(contents(of: folder.path("1/tokenizer.json")))
    #expect(contents(of: folder.path("3/tokenizer.json")) == alone)
  }
}
