import Files
import Layers
import Models
import Randomness
import Testing
import Tokens

/// What config.json may say of architectures with settings of their own.
struct ArchitectureSettingsTests {
  @Test(
    arguments: [
      ("classifier_activation", "silu", "gelu"), ("hidden_activation", "silu", "gelu"),
      ("hidden_activation", "gelu_new", "gelu"),
      ("layer_types", ["full_attention"], "2 times full_attention or sliding_attention"),
      (
        "layer_types", ["full_attention", "chunked"], "2 times full_attention or sliding_attention"
      ),
      ("layer_types", "all", "2 times full_attention or sliding_attention"),
      ("local_attention", 0, "a whole number from 1"), ("norm_bias", 1, "true or false"),
      ("rope_scaling", ["rope_type": "linear"], "null"), ("rope_parameters", 3, "an object"),
      ("num_attention_heads", 16, "is even, for rotary embeddings"), ("head_dim", 4, "8"),
      ("tie_word_embeddings", false, "true"), ("embedding_dropout", 1, "a number from 0"),
      ("initializer_cutoff_factor", 0, "a number from 0.1"),
    ] as [(String, JSON, String)])
  func modernBERTRefusesWhatItCannotDo(key: String, value: JSON, wanted: String) throws {
    try expectRefusal("modernbert", key, value, wanted)
  }

  @Test(
    arguments: [
      ("pos_att_type", "c2p|p2p", "c2p, p2c"), ("pos_att_type", ["c2c"], "c2p, p2c"),
      ("pos_att_type", 2, "c2p, p2c"), ("norm_rel_ebd", "rms_norm", "none, layer_norm"),
      ("position_buckets", 1, "at least 2"), ("position_buckets", 32, "at least 2"),
      ("max_relative_positions", 5, "at least 2"), ("max_relative_positions", -2, "from -1"),
      ("conv_kernel_size", 2, "odd"), ("conv_act", "silu", "tanh, gelu or relu"),
      ("conv_act", 1, "tanh, gelu or relu"), ("embedding_size", 8, "16"),
      ("attention_head_size", 4, "8"), ("share_att_key", "yes", "true or false"),
      ("type_vocab_size", -1, "from 0"), ("hidden_act", "relu", "gelu"),
    ] as [(String, JSON, String)])
  func deBERTaRefusesWhatItCannotDo(key: String, value: JSON, wanted: String) throws {
    try expectRefusal(
      "deberta-v2", key, value, wanted,
      named: key == "max_relative_positions" && value == 5 ? "position_buckets" : nil)
  }

  @Test func groupsOfAConvolutionAreRefused() throws {
    try expectRefusal("deberta-v2-older", "conv_groups", 2, "1")
  }

  @Test func positionTypesAreWordsInAStringOrAnArray() throws {
    func logits(_ value: JSON) throws -> [[Float]] {
      var object = try #require(try Self.json("deberta-v2").object)
      object["pos_att_type"] = value
      let model = ModelRegistry.make(
        try ModelConfiguration(.object(object), file: "config.json"), key: .init(seed: 3))
      let batch = try ModelFixture("deberta-v2").batches[1]
      return model.predictions(for: batch, in: .evaluation()).logits
    }
    let both = try logits(["p2c", "c2p"])
    #expect(try logits("p2c | C2P") == both)
    #expect(try logits(["c2p"]) != both)
    #expect(try logits(["p2c"]) != both)
  }

  @Test func rotaryAnglesOfOtherKindsAreRefused() throws {
    try expectRefusal(
      "modernbert", "rope_parameters", ["full_attention": ["rope_type": "yarn"]], "default",
      named: "rope_type")
  }

  @Test func olderFilesOfModernBERTMeanTheSame() throws {
    let json = try Self.json("modernbert")
    var object = try #require(json.object)
    for key in ["layer_types", "rope_parameters"] { object[key] = nil }
    object["global_attn_every_n_layers"] = 2
    object["global_rope_theta"] = 160_000.0
    object["local_rope_theta"] = 10_000.0
    let batch = try ModelFixture("modernbert").batches[1]
    let logits = try [json, JSON.object(object)].map { json in
      let model = ModelRegistry.make(
        try ModelConfiguration(json, file: "config.json"), key: .init(seed: 3))
      return model.predictions(for: batch, in: .evaluation()).logits
    }
    #expect(logits[0] == logits[1])
  }

  /// `train --dropout` changes these.
  @Test(arguments: ModelFixture.architectures)
  func allDropoutHasAName(_ type: String) throws {
    let batch = try ModelFixture("bert").batches[1]
    let configuration = try ModelConfiguration.custom(
      EncoderSize(layerCount: 2, width: 8, headCount: 2, intermediateSize: 12), type: type,
      vocabularySize: 67, positionCount: 32, dropout: 0.4,
      paddingID: type == "mpnet" ? 1 : 0)
    var object = try #require(configuration.json.object)
    for name in configuration.dropoutNames {
      #expect(object[name]?.double == 0.4)
      object[name] = 0
    }
    let without = try ModelConfiguration(.object(object), file: "config.json")
    for (configuration, isSame) in [(configuration, false), (without, true)] {
      let model = ModelRegistry.make(configuration, key: .init(seed: 3))
      let trained = model.predictions(for: batch, in: .training(key: batch.key)).logits
      #expect((trained == model.predictions(for: batch, in: .evaluation()).logits) == isSame)
    }
  }

  private static func json(_ architecture: String) throws -> JSON {
    try JSON.parse(
      File.read(ModelFixture(architecture).folder + "/config.json"), file: "config.json")
  }

  private func expectRefusal(
    _ architecture: String, _ key: String, _ value: JSON, _ wanted: String,
    named: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var object = try #require(try Self.json(architecture).object)
    object[key] = value
    #expect(sourceLocation: sourceLocation) {
      try ModelConfiguration(JSON.object(object), file: "config.json")
    } throws: { error in
      guard case ModelError.setting(_, let found, _, let text)? = error as? ModelError else {
        return false
      }
      return found == (named ?? key) && text.contains(wanted)
    }
  }
}
