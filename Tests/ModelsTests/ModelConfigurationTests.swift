import Files
import Layers
import Models
import Tensors
import Testing

struct ModelConfigurationTests {
  private func configuration(_ members: [(String, JSON)]) throws -> ModelConfiguration {
    try ModelConfiguration(JSON(members), file: "config.json")
  }

  @Test(arguments: [
    (12, 1, 1, [Int](repeating: 0, count: 12)),
    (3, 2, 2, [0, 1, 0, 1, 2, 3]),
    (6, 4, 1, [0, 0, 1, 2, 2, 3]),
    (4, 4, 1, [0, 1, 2, 3]),
  ])
  func layersPassThroughTheirGroups(
    _ layerCount: Int, groupCount: Int, groupSize: Int, order: [Int]
  ) throws {
    let found = try configuration([
      ("model_type", "albert"), ("num_hidden_layers", .init(layerCount)),
      ("num_hidden_groups", .init(groupCount)), ("inner_group_num", .init(groupSize)),
    ])
    #expect(found.layerOrder == order)
    #expect(found.ownLayerCount == groupCount * groupSize)
  }

  /// Those of `transformers.MPNetEncoder.relative_position_bucket`.
  @Test(arguments: [
    (0, 0), (1, 17), (-1, 1), (-7, 7), (7, 23), (-8, 8), (-11, 8), (-12, 9), (-15, 9), (-16, 10),
    (-22, 10), (-23, 11), (-31, 11), (-32, 12), (32, 28), (-45, 12), (-46, 13), (-63, 13),
    (-64, 14), (-90, 14), (-91, 15), (-127, 15), (-128, 15), (-511, 15), (511, 31),
    (Int.max, 31), (-Int.max, 15),
  ])
  func farDistancesShareBuckets(_ distance: Int, bucket: Int) {
    #expect(RelativePositions.bucket(ofDistance: distance) == bucket)
  }

  @Test(
    arguments: [
      ("albert", "num_hidden_groups", 13, "a whole number from 1 to 12"),
      ("albert", "inner_group_num", 0, "a whole number from 1 to 64"),
      ("albert", "embedding_size", 0, "a whole number from 1 to 65536"),
      ("electra", "embedding_size", "128", "a whole number from 1 to 65536"),
      ("albert", "hidden_act", "swish", "gelu, gelu_new, gelu_pytorch_tanh"),
      ("mpnet", "pad_token_id", 0, "a whole number from 1 to 1"),
      ("mpnet", "relative_attention_num_buckets", 31, "a whole number from 32 to 4096"),
    ] as [(String, String, JSON, String)])
  func settingsThatCannotBeHonouredAreNamed(
    _ type: String, key: String, value: JSON, wanted: String
  ) {
    let found = String(decoding: value.serialized(), as: UTF8.self)
    #expect(
      throws: ModelError.setting(file: "config.json", key: key, found: found, wanted: wanted)
    ) { try configuration([("model_type", .init(type)), (key, value)]) }
  }

  private func mini(_ overrides: String) throws -> ModelConfiguration {
    try ModelConfiguration.named(
      "mini", vocabularySize: 100, blockSize: 128, dropout: 0.1, paddingID: 0
    ).overridden(by: overrides)
  }

  @Test func overridesChangeWhatTheyName() throws {
    let changed = try mini(
      "hidden_size=192,num_hidden_layers=3,hidden_act=gelu_new,layer_norm_eps=1e-5")
    #expect(changed.width == 192 && changed.layerCount == 3 && changed.epsilon == 1e-5)
    #expect(changed.size.headCount == 4 && changed.hiddenDropout == 0.1)
    #expect(changed.json["hidden_act"] == "gelu_new")
    #expect(try mini("vocab_size=128").vocabularySize == 128)
    // A setting that config.json does not have, but the architecture.
    #expect(try mini("position_embedding_type=absolute").type == "bert")
  }

  @Test(arguments: [
    (
      "hidden_sise=192",
      "'hidden_sise': bert has no such setting: use one of add_cross_attention, attention_probs"
    ),
    ("embedding_size=64", "'embedding_size': bert has no such setting"),
    ("hidden_size", "'hidden_size': is not of the form key=value"),
    ("hidden_size=", "'hidden_size=': is not of the form key=value"),
    ("=192", "'=192': is not of the form key=value"),
    ("hidden_size=192,", "'': is not of the form key=value"),
    ("hidden_size=192,hidden_size=192", "'hidden_size': appears twice"),
    ("model_type=roberta", "'model_type': cannot be changed"),
    ("hidden_size=0", "hidden_size: is 0, must be a whole number from 1 to 65536"),
    ("hidden_size=2.5", "hidden_size: is 2.5, must be a whole number from 1 to 65536"),
    ("hidden_size=wide", "hidden_size: is wide, must be a number"),
    (
      "hidden_size=200,num_attention_heads=3", "num_attention_heads: is 3, must be a divisor of 200"
    ),
    ("hidden_act=relu", "hidden_act: is \"relu\", must be gelu, gelu_new, gelu_pytorch_tanh"),
    ("hidden_act=3", "hidden_act: is 3, must be text"),
    ("tie_word_embeddings=False", "tie_word_embeddings: is false, must be true"),
    ("tie_word_embeddings=1", "tie_word_embeddings: is 1, must be true or false"),
    ("architectures=BertForMaskedLM", "'architectures': cannot be changed"),
  ])
  func overridesThatCannotBeHonouredAreNamed(_ overrides: String, problem: String) {
    #expect {
      try mini(overrides)
    } throws: { error in
      "\(error)".hasPrefix("--config-overrides: \(problem)")
    }
  }

  /// An override may set what config.json leaves out, whatever kind of value it is.
  @Test(arguments: [
    ("modernbert", "norm_bias=true"), ("modernbert", "mlp_bias=True"),
    ("deberta-v2", "share_att_key=true"), ("deberta-v2", "conv_act=gelu"),
    ("deberta-v2", "norm_rel_ebd=layer_norm"), ("deberta-v2", "conv_kernel_size=3"),
  ])
  func settingsThatAreLeftOutCanBeOverridden(_ type: String, override: String) throws {
    let plain = try configuration([("model_type", .init(type))])
    let key = try #require(override.split(separator: "=").first)
    #expect(plain.json[String(key)] == nil)
    let changed = try plain.overridden(by: override)
    #expect(changed.json[String(key)] != nil)
  }

  @Test(arguments: ModelFixture.architectures)
  func customModelsHaveTheParametersThatAreForecast(_ type: String) throws {
    let custom = try ModelConfiguration.custom(
      EncoderSize(layerCount: 3, width: 12, headCount: 2, intermediateSize: 20), type: type,
      vocabularySize: 31, positionCount: 17, dropout: 0.1, paddingID: 1)
    let model = ModelRegistry.make(custom, key: nil)
    #expect(model.parameters.parameterCount == custom.parameterCount)
    #expect(custom.longestSequence == 17)
  }
}
