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
    #expect(result.errors.contains("1 layers of width 32"), "\(result.errors)")
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
}
