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
