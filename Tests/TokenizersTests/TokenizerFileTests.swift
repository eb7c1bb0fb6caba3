import Files
import Testing
import Tokenizers
import Tokens

@Suite struct TokenizerFileTests {
  @Test(arguments: ["uncased.json", "cased.json", "bytelevel.json", "unigram.json"])
  func fileIsWrittenAsTheReferenceWritesIt(_ name: String) throws {
    let bytes = try Fixture.bytes(name)
    let tokenizer = try Tokenizer(json: bytes, file: name)
    #expect(tokenizer.serialized() == bytes)
  }

  @Test func fingerprintFollowsTheContentNotTheSpacing() throws {
    let tokenizer = try Fixture.tokenizer("uncased.json")
    let compact = try Tokenizer(json: Fixture.changed { _ in }, file: "compact")
    #expect(compact.fingerprint == tokenizer.fingerprint)
    let other = try Tokenizer(
      json: Fixture.changed { $0.change("normalizer") { $0["lowercase"] = false } }, file: "other")
    #expect(other.fingerprint != tokenizer.fingerprint)
  }

  @Test func tokensAreFoundByNumberAndByName() throws {
    let tokenizer = try Fixture.tokenizer("cased.json")
    #expect(tokenizer.token(of: 4) == Array("[MASK]".utf8))
    #expect(tokenizer.id(of: "[MASK]") == 4)
    let added = try #require(tokenizer.id(of: "New York"))
    #expect(tokenizer.token(of: added) == Array("New York".utf8))
    #expect(tokenizer.vocabularySize == 504)
    #expect(tokenizer.token(of: -1) == nil)
    #expect(tokenizer.token(of: 504) == nil)
    #expect(tokenizer.id(of: "nowhere") == nil)
    #expect(tokenizer.decode([-1, 504, .max]) == "")
  }

  @Test func canonicallyEquivalentTokensAreTwo() throws {
    let json = try Fixture.changed { file in
      file["normalizer"] = .null
      file.change("model") { model in
        model.change("vocab") {
          $0["caf\u{E9}"] = 600
          $0["cafe\u{301}"] = 601
        }
      }
    }
    let tokenizer = try Tokenizer(json: json, file: "two")
    #expect(tokenizer.encodeIDs(Array("caf\u{E9} cafe\u{301}".utf8)) == [600, 601])
  }

  @Test func specialTokensAreKnownByTheirUsualNames() throws {
    let special = try Fixture.tokenizer("uncased.json").specialTokens
    #expect(
      special
        == SpecialTokens(unknown: 1, padding: 0, classification: 2, separator: 3, mask: 4))
  }

  @Test func otherNamesOfSpecialTokensComeFromTheConfiguration() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      try Fixture.changed { file in
        file.change("model") { $0.change("vocab") { $0["<hide>"] = 600 } }
      }, "tokenizer.json")
    try folder.write(
      #"{"mask_token": {"content": "<hide>", "lstrip": false}, "pad_token": null}"#,
      "tokenizer_config.json")
    let tokenizer = try Tokenizer.load(folder.path)
    #expect(try tokenizer.maskToken == 600)
    #expect(try tokenizer.specialTokens.padding == 0)
    #expect(tokenizer.encodeIDs(Array("<hide>".utf8)) == [600])
    let named = try Tokenizer.load(folder.path, names: SpecialTokenNames(mask: "[MASK]"))
    #expect(try named.maskToken == 4)
  }

  @Test func missingMaskIsAnErrorWhenItIsNeeded() throws {
    let json = try Fixture.changed { file in
      file["added_tokens"] = []
      file.change("model") { $0.change("vocab") { $0["[MASK]"] = nil } }
    }
    let tokenizer = try Tokenizer(json: json, file: "maskless")
    #expect(tokenizer.encode("a").ids.count == 3)
    let error = #expect(throws: TokenizerError.self) { try tokenizer.maskToken }
    #expect(error?.description.contains("no mask token") == true)
    #expect(throws: TokenizerError.self) { try tokenizer.specialTokens }
  }

  @Test func vocabularyTextIsATokenizerToo() throws {
    let fromJSON = try Fixture.tokenizer("uncased.json")
    let folder = try TemporaryFolder()
    var text: [UInt8] = []
    for id in 0..<fromJSON.vocabularySize {
      text += try #require(fromJSON.token(of: TokenID(id))) + Array("\r\n".utf8)
    }
    try folder.write(text, "vocab.txt")
    let fromText = try Tokenizer.load(folder.path)
    #expect(fromText.fingerprint == fromJSON.fingerprint)
    try folder.write(#"{"do_lower_case": false}"#, "tokenizer_config.json")
    let cased = try Tokenizer.load(folder.path + "/vocab.txt")
    #expect(cased.normalized(Array("ÀB".utf8)) == Array("ÀB".utf8))
  }

  @Test func nothingToLoadIsAClearError() throws {
    let folder = try TemporaryFolder()
    #expect(throws: TokenizerError.noTokenizer(path: folder.path)) {
      try Tokenizer.load(folder.path)
    }
    #expect(throws: TokenizerError.noTokenizer(path: folder.path + "/none")) {
      try Tokenizer.load(folder.path + "/none")
    }
  }
}
