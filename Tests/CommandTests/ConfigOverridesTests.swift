import Files
import TestSupport
import Testing

/// What `lockstep train` does with settings and weights that do not fit as they are.
struct ConfigOverridesTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  @Test func overriddenSettingsAreTrainedAndSaved() throws {
    let result = try run.train(
      run.command(
        "--model", "micro", "--config-overrides",
        "hidden_size=32,num_hidden_layers=1,vocab_size=512"))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.contains(" 1 layer of width 32"), "\(result.errors)")
    let file = run.output + "/model/config.json"
    let json = try JSON.parse(File.read(file), file: file)
    #expect(json["hidden_size"] == 32 && json["vocab_size"] == 512)
  }

  @Test(arguments: [
    ("hidden_sise=32", "--config-overrides: 'hidden_sise': bert has no such setting"),
    ("hidden_size=30", "--config-overrides: num_attention_heads: is 4, must be a divisor of 30"),
    ("max_position_embeddings=8", "--block-size: 16 tokens, but the model has 8 positions"),
    ("vocab_size=8", "vocab_size: the model has 8 tokens, the tokenizer"),
  ])
  func settingsThatCannotBeHonouredAreOneError(_ overrides: String, problem: String) throws {
    let result = try run.train(run.command("--model", "micro", "--config-overrides", overrides))
    #expect(result.exitCode == 78 || result.exitCode == 64, "\(result.errors)")
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains(problem) == true, "\(result.errors)")
  }

  /// A RoBERTa counts positions from its padding token on, in Transformers by the ids that config.json has.
  @Test(arguments: [
    ("roberta", "", ["pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3]),
    (
      "roberta", ",\"bos_token_id\": 0, \"mask_token_id\": 9",
      ["pad_token_id": 0, "mask_token_id": 4]
    ),
    ("bert", ",\"pad_token_id\": 7", ["pad_token_id": 0]),
  ])
  func freshWeightsHaveTheTokenizersSpecialTokens(
    type: String, members: String, ids: [String: Int]
  ) throws {
    let path = try run.folder.write(
      """
      {"model_type": "\(type)", "vocab_size": 300, "hidden_size": 8, "num_hidden_layers": 1,
       "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 18\(members)}
      """, to: "other.json")
    let result = try run.train(run.command("--model", path))
    #expect(result.exitCode == 0, "\(result.errors)")
    let file = run.output + "/model/config.json"
    let json = try JSON.parse(File.read(file), file: file)
    for (key, id) in ids { #expect(json[key]?.int == id, "\(key)") }
    if type == "bert" { #expect(json["bos_token_id"] == nil) }
    #expect(
      result.errors.contains("note: vocab_size: config.json says 300, the tokenizer has"),
      "\(result.errors)")
    #expect(result.errors.contains("note: pad_token_id: config.json says "))
  }

  @Test func aModelThatKnowsOnePaddingTokenOnlyIsNoted() throws {
    let path = try run.folder.write(
      """
      {"model_type": "mpnet", "vocab_size": 80, "hidden_size": 8, "num_hidden_layers": 1,
       "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 18}
      """, to: "mpnet.json")
    let result = try run.train(run.command("--model", path))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(
      result.errors.contains("note: pad_token_id: mpnet has 1 only, the tokenizer pads with 0"),
      "\(result.errors)")
  }

  @Test func settingsThatTheUserOverridesStay() throws {
    let result = try run.train(run.command("--config-overrides", "pad_token_id=5,vocab_size=90"))
    #expect(result.exitCode == 0, "\(result.errors)")
    let file = run.output + "/model/config.json"
    #expect(try JSON.parse(File.read(file), file: file)["pad_token_id"] == 5)
    #expect(!result.errors.contains("note: "), "\(result.errors)")
  }
}
