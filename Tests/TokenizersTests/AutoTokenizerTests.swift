import Files
import Glibc
import Testing
import Tokenizers
import Tokens

/// The other half is scripts/reference/check_saved_tokenizer.py, which opens what is written here.
@Suite struct AutoTokenizerTests {
  private static let folder = getenv("LOCKSTEP_SAVED_TOKENIZERS").map { String(cString: $0) }

  @Test(
    .enabled(if: Self.folder != nil, "LOCKSTEP_SAVED_TOKENIZERS says where to"),
    arguments: [
      ("uncased", true, nil), ("cased", false, nil), ("stripped", false, true),
      ("accented", true, false),
    ] as [(String, Bool, Bool?)])
  func tokenizersAreSavedForTransformersToOpen(
    _ name: String, _ lowercases: Bool, _ stripsAccents: Bool?
  ) throws {
    let trainer = WordPieceTrainer(
      vocabularySize: 500, lowercases: lowercases, stripsAccents: stripsAccents)
    var counter = trainer.makeCounter()
    let texts = try Fixture.json("training.json").elements("texts").map { try $0.bytes() }
    for text in texts { counter.feed(text) }
    let tokenizer = try trainer.train(on: counter.counts)

    let folder = try #require(Self.folder) + "/" + name
    try Folder.create(folder)
    try File.write(tokenizer.serialized(), to: folder + "/tokenizer.json")
    let configuration = tokenizer.configurationFile(maximumLength: 128, hasTypeIDs: name != "cased")
    try File.write(configuration, to: folder + "/tokenizer_config.json")
    let hard = try Fixture.lines("uncased.jsonl").map { try $0.member("text").bytes() }
    let encodings = (hard + texts).map { text -> JSON in
      let encoding = tokenizer.encode(text)
      return [
        "text": .string(text), "ids": JSON(encoding.ids.map { JSON($0) }),
        "offsets": JSON(encoding.offsets.map { [JSON($0.lowerBound), JSON($0.upperBound)] }),
        "decoded": JSON(tokenizer.decode(encoding.ids)),
      ]
    }
    try File.write(JSON(encodings).serialized(), to: folder + "/encodings.json")
  }
}
