import TestSupport
import Testing

struct TokenizerTests {
  private let folder: TemporaryFolder
  private let vocabulary: String

  init() throws {
    folder = try TemporaryFolder()
    vocabulary = try folder.write(
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\n.\n", to: "vocab.txt")
  }

  private func run(_ words: String..., input: String) throws -> Subprocess.Result {
    let file = try folder.write(input, to: "input.jsonl")
    return try Subprocess.run(
      builtProgram("lockstep"),
      ["tokenizer", "--tokenizer", vocabulary, "--input", file, "--output", folder.path("output")]
        + words)
  }

  private var output: String {
    String(decoding: contents(of: folder.path("output")) ?? [], as: UTF8.self)
  }

  @Test func textsBecomeTokensAndTokensTexts() throws {
    let texts = "{\"text\": \"a ab.\"}\n\n{\"i\": \"x\", \"text\": \"\\u00e9\"}"
    #expect(try run("encode", input: texts).exitCode == 0)
    #expect(
      output == """
        {"i":0,"ids":[2,5,5,7,8,3],"offsets":[[0,0],[0,1],[2,3],[3,4],[4,5],[0,0]],\
        "special_tokens_mask":[1,0,0,0,0,1]}
        {"i":"x","ids":[2,1,3],"offsets":[[0,0],[0,1],[0,0]],"special_tokens_mask":[1,0,1]}

        """)
    #expect(try run("decode", input: output).exitCode == 0)
    #expect(output == "{\"i\":0,\"text\":\"a ab.\"}\n{\"i\":\"x\",\"text\":\"\"}\n")
    let bare = "{\"text\":\"b\"}"
    #expect(try run("encode", "--no-special-tokens", input: bare).exitCode == 0)
    #expect(
      output == "{\"i\":0,\"ids\":[6],\"offsets\":[[0,1]],\"special_tokens_mask\":[0]}\n")
    #expect(try run("decode", "--keep-special-tokens", input: "{\"ids\":[2,5]}").exitCode == 0)
    #expect(output == "{\"i\":0,\"text\":\"[CLS] a\"}\n")
  }

  @Test(
    arguments: [
      ("encode", "{\"text\": 5}", 65, "input.jsonl:1: 'text' is wrong"),
      ("encode", "{}\n", 65, "input.jsonl:1: 'text' is missing"),
      ("encode", "{\"text\":\"a\"}\n{", 65, "input.jsonl:2: byte 1"),
      ("decode", "{\"ids\":[9]}", 65, "'ids[0]' is wrong: expected the number of a token"),
      ("decode", "{\"ids\":[-1]}", 65, "'ids[0]' is wrong"),
      ("encod", "", 64, "'encod' is not known"),
    ] as [(String, String, Int32, String)])
  func badInputIsSaidAndNothingWritten(
    _ action: String, _ input: String, _ code: Int32, _ says: String
  ) throws {
    let result = try run(action, input: input)
    #expect(result.exitCode == code)
    #expect(result.errors.contains(says), "\(result.errors)")
    #expect(contents(of: folder.path("output")) == nil)
  }

  @Test func whatIsMissingIsSaid() throws {
    let result = try lockstep("tokenizer")
    #expect(result.exitCode == 64)
    #expect(result.errors.contains("what to do is missing") && result.errors.contains("--output"))
  }
}
