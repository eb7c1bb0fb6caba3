import DataParallel
import Diagnostics
import Layers
import Models
import Tensors
import Testing
import Training

struct MemoryForecastTests {
  private static func configuration() throws -> ModelConfiguration {
    try .named("small", vocabularySize: 30_522, blockSize: 128, dropout: 0.1, paddingID: 0)
  }

  private static func activations(
    microBatchSize: Int = 8, recomputes: Bool = false
  ) throws -> ActivationForecast {
    ActivationForecast(
      try configuration(), microBatchSize: microBatchSize, blockSize: 128, maskProbability: 0.15,
      recomputes: recomputes)
  }

  private static func forecast(
    ranks: Int = 1, microBatches: Int = 8
  ) throws -> MemoryForecast {
    MemoryForecast(
      try configuration(), activations: try activations(),
      ranks: MemoryForecast.Ranks(onOneNode: ranks, microBatchesPerStep: microBatches),
      resident: 20_000_000)
  }

  @Test func activationsFollowFromTheFormula() throws {
    // 1 + 3·6 + 2 blocks of 1,024 · 512, 3 of 1,024 · 2,048, and what is as long as 177 masked
    // tokens are many: 6 + 3 of 512, 1 of 2,048, and the logits.
    let tokens = 1_024 * (21 * 512 + 3 * 2_048)
    let masked = 177 * (9 * 512 + 2_048 + 30_522)
    let exact = 4 * (tokens + masked)
    let found = try Self.activations().usedByteCount
    #expect(abs(found - exact) < exact / 1_000, "\(found), not \(exact)")
  }

  @Test(arguments: ["electra", "albert", "mpnet"])
  func activationsOfOtherArchitecturesFollowFromTheFormula(_ type: String) throws {
    let configuration = try ModelConfiguration.custom(
      EncoderSize(layerCount: 4, width: 512, headCount: 8, intermediateSize: 2_048), type: type,
      vocabularySize: 30_522, positionCount: 128, dropout: 0.1, paddingID: 1)
    let found = ActivationForecast(
      configuration, microBatchSize: 8, blockSize: 128, maskProbability: 0.15, recomputes: false
    ).usedByteCount
    // As BERT's above; embeddings and head of 128 and a map to 512, or 255 distances for each of 8
    // heads in each of 4 layers.
    let isSmall = type != "mpnet"
    let embedded = isSmall ? 2 * 128 + 512 : 512
    let tokens = 1_024 * (embedded + 20 * 512 + 3 * 2_048)
    let head = isSmall ? 3 * 128 : 3 * 512
    let masked = 177 * (6 * 512 + head + 2_048 + 30_522)
    let exact = 4 * (tokens + masked + (isSmall ? 0 : 4 * 8 * 255))
    #expect(abs(found - exact) < exact / 1_000, "\(found), not \(exact)")
  }

  @Test func layersThatShareParametersKeepActivationsEach() throws {
    func activations(_ layerCount: Int) throws -> Int {
      let configuration = try ModelConfiguration.custom(
        EncoderSize(layerCount: layerCount, width: 512, headCount: 8, intermediateSize: 2_048),
        type: "albert", vocabularySize: 8_192, positionCount: 128, dropout: 0, paddingID: 0)
      #expect(configuration.ownLayerCount == 1)
      return ActivationForecast(
        configuration, microBatchSize: 8, blockSize: 128, maskProbability: 0.15,
        recomputes: false
      ).usedByteCount
    }
    let layer = 4 * 1_024 * (6 * 512 + 2_048)
    let difference = try activations(12) - activations(8)
    #expect(abs(difference - 4 * layer) < layer / 100)
  }

  @Test func recomputationAndSmallMicroBatchesNeedLess() throws {
    let whole = try Self.activations().byteCount
    #expect(try Self.activations(recomputes: true).byteCount < whole * 2 / 3)
    #expect(try Self.activations(microBatchSize: 4).byteCount < whole * 2 / 3)
  }

  @Test func aNodeSharesParametersAndOptimizerState() throws {
    let (one, two) = (try Self.forecast(), try Self.forecast(ranks: 2))
    let store = try Self.configuration().parameterCount * 4
    func bytes(_ name: String, of forecast: MemoryForecast) -> [Int] {
      forecast.terms.filter { $0.name == name }.flatMap { [$0.rankBytes, $0.nodeBytes] }
    }
    #expect(bytes("parameters", of: one) == [store, store])
    #expect(bytes("parameters", of: two) == [store, store])
    #expect(bytes("optimizer state", of: two) == [2 * store, 2 * store])
    // Eight micro-batches alone: 1, 2, 4 and the newest; four on each of two ranks: 1, 2 and it.
    #expect(bytes("gradients", of: one) == [4 * store, 4 * store])
    #expect(bytes("gradients", of: two) == [3 * store + 3 * store / 2, 6 * store])
    #expect(two.nodeBytes < 2 * one.nodeBytes)
  }

  @Test func tooLittleMemoryIsAnErrorThatSaysWhatHelps() throws {
    let forecast = try Self.forecast(microBatches: 1)
    let exact = forecast.nodeBytes - forecast.residentBytes
    func check(_ offered: Int, change: (inout TrainingArguments) -> Void = { _ in }) throws {
      var arguments = TrainingArguments()
      change(&arguments)
      try MemoryCheck(
        forecast, arguments, offer: MemoryOffer(byteCount: offered, source: "limit"),
        addressBytes: 0, addressLimit: nil
      ).require()
    }
    try check(exact)
    let shortage = try #require(throws: MemoryShortage.self) { try check(exact - 1) }
    #expect(shortage.exitCode == .memory)
    #expect(shortage.neededBytes == forecast.nodeBytes)
    #expect(shortage.offeredBytes == forecast.nodeBytes - 1)
    #expect(
      shortage.remedies == [
        "a smaller --micro-batch-size", "--recompute", "a smaller --block-size",
      ])
    let other = try #require(throws: MemoryShortage.self) {
      try check(exact - 1) {
        $0.recompute = true
        $0.microBatchSize = 1
      }
    }
    #expect(other.remedies == ["a smaller --block-size"])
    let hopeless = try #require(throws: MemoryShortage.self) { try check(1) }
    #expect(hopeless.description.contains("use a smaller --model or more memory"))
    #expect(!hopeless.description.contains("\n"))
  }

  @Test func addressesAreCountedAgainstTheLimitOfTheShell() throws {
    let forecast = try Self.forecast()
    let needed = 1_000 + forecast.addressBytes
    func check(limit: Int?) throws {
      try MemoryCheck(
        forecast, TrainingArguments(), offer: nil, addressBytes: 1_000, addressLimit: limit
      ).require()
    }
    try check(limit: nil)
    try check(limit: needed)
    let shortage = try #require(throws: MemoryShortage.self) { try check(limit: needed - 1) }
    #expect(shortage.source == "shell's ulimit -v")
  }
}
