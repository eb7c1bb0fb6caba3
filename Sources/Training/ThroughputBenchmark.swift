public import Collectives
internal import DataParallel
internal import Datasets
internal import Files
internal import Glibc
internal import Kernels
internal import Layers
internal import Models
internal import Optimizers
internal import Randomness
public import Tensors
internal import Tokens

/// Times training steps on random tokens: what the Benchmarks folder compares with other programs.
public struct ThroughputBenchmark {
  /// The shapes that can be asked for.
  public static let shapes = ["tiny", "mini", "small", "distilroberta", "base"]

  private let shape: String
  private let stepCount: Int
  private let precision: Precision
  private let recomputes: Bool
  private let warmupCount = 2
  private let rowCount = 8
  private let rowLength = 128
  private let maskProbability: Float = 0.15

  /// A benchmark of `stepCount` steps, each of 8 rows of 128 tokens a rank.
  ///
  /// - Precondition: `shape` is one of `shapes`.
  public init(
    shape: String, stepCount: Int, precision: Precision = .float32, recomputing: Bool = false
  ) {
    precondition(Self.shapes.contains(shape), "no shape \(shape)")
    self.shape = shape
    self.stepCount = stepCount
    self.precision = precision
    recomputes = recomputing
  }

  /// Runs the steps; all ranks must call it.
  ///
  /// - Returns: One JSON object, the same on every rank but for its memory, which is the largest.
  /// - Throws: `CollectiveError`, or what a step throws.
  public func run(on world: any Communicator) throws -> [UInt8] {
    let clock = ContinuousClock()
    let configuration = try configuration()
    let forecast = MemoryForecast(
      configuration,
      activations: ActivationForecast(
        configuration, microBatchSize: rowCount, blockSize: rowLength,
        maskProbability: Double(maskProbability), recomputes: recomputes),
      ranks: MemoryForecast.Ranks(world, microBatchesPerStep: world.worldSize),
      savesCheckpoints: false, resident: ProcessMemory.residentBytes)
    let model = ModelRegistry.make(configuration, key: RandomKey(seed: 1))
    model.parameters.precision = precision
    let replica = try Replica(
      model, over: world, microBatchesPerStep: world.worldSize, recomputing: recomputes)
    let optimizer = AdamW(model.parameters, weightDecay: 0.01)
    var seconds: [Double] = []
    var (startup, firstStep) = (0.0, 0.0)
    var loss = 0.0
    for step in 0..<warmupCount + stepCount {
      let batch = batch(step, rank: world.rank, vocabularySize: configuration.vocabularySize)
      try world.barrier("starting a timed step")
      if step == 0 { startup = ProcessAge.seconds }
      let begin = clock.now
      loss = try train(replica, optimizer, batch, world)
      if step == 0 { firstStep = (clock.now - begin) / .seconds(1) }
      if step >= warmupCount { seconds.append((clock.now - begin) / .seconds(1)) }
    }
    let memory = try world.allgather(Array("\(ProcessMemory.peakBytes)".utf8))
      .compactMap { Int(String(decoding: $0, as: UTF8.self)) }.max()
    try world.barrier("measuring the ceiling")
    let ceilings = try world.allreduceSum([
      Int64(MatrixProductCeiling.measure()),
      Int64(MatrixProductCeiling.measure(rounded: precision == .bfloat16)),
      Int64(MemoryBandwidth.measure()),
    ]).map { Double($0) / 1e9 }
    let tokens = rowCount * rowLength * world.worldSize
    return JSON([
      ("shape", JSON(shape)), ("precision", JSON(precision.rawValue)),
      ("ranks", JSON(world.worldSize)),
      ("threads", JSON(ThreadPool.shared.threadCount)),
      ("tokens_per_second", JSON(Double(tokens) / seconds.sorted()[seconds.count / 2])),
      ("step_seconds", JSON(seconds.map { JSON($0) })),
      ("startup_seconds", JSON(startup)), ("first_step_seconds", JSON(firstStep)),
      ("last_loss", JSON(loss)),
      ("parameters", JSON(model.parameters.parameterCount)),
      ("peak_rss_bytes", JSON(memory ?? 0)),
      ("forecast_rss_bytes", JSON(forecast.rankBytes)), ("sgemm_gflops", JSON(ceilings[0])),
      ("gemm_gflops", JSON(ceilings[1])), ("memory_gbytes_per_second", JSON(ceilings[2])),
      ("platform", JSON(Platform.description(rounding: precision == .bfloat16))),
    ]).serialized(pretty: false)
  }

  private func train(
    _ replica: Replica, _ optimizer: AdamW, _ batch: MaskedBatch, _ world: any Communicator
  ) throws -> Double {
    let masked = try world.allreduceSum([Int64(batch.maskedCount)])[0]
    try replica.begin(
      TrainingStep(
        index: batch.step, epoch: 0, globalMicroBatchCount: world.worldSize,
        globalMaskedCount: Int(masked), globalSampleCount: rowCount * world.worldSize,
        globalTokenCount: rowCount * rowLength * world.worldSize, microBatches: [batch]))
    try replica(batch).backward()
    return try replica.update(optimizer, learningRate: 2e-5).loss
  }

  private func configuration() throws -> ModelConfiguration {
    let (size, vocabulary) =
      switch shape {
      case "tiny":
        (EncoderSize(layerCount: 2, width: 128, headCount: 2, intermediateSize: 512), 8_192)
      case "mini":
        (EncoderSize(layerCount: 4, width: 256, headCount: 4, intermediateSize: 1_024), 8_192)
      case "small":
        (EncoderSize(layerCount: 4, width: 512, headCount: 8, intermediateSize: 2_048), 30_522)
      case "distilroberta":
        (EncoderSize(layerCount: 6, width: 768, headCount: 12, intermediateSize: 3_072), 50_265)
      default:
        (EncoderSize(layerCount: 12, width: 768, headCount: 12, intermediateSize: 3_072), 30_522)
      }
    return try .custom(
      size, type: "roberta", vocabularySize: vocabulary, positionCount: 512, dropout: 0.1,
      paddingID: 1)
  }

  private func batch(_ step: Int, rank: Int, vocabularySize: Int) -> MaskedBatch {
    let key = RandomKey(seed: 7).derived(UInt64(step), UInt64(rank))
    var stream = RandomStream(key)
    var ids: [TokenID] = []
    var positions: [Int32] = []
    var labels: [TokenID] = []
    for place in 0..<rowCount * rowLength {
      let id = TokenID(5 + stream.below(vocabularySize - 6))
      let isEdge = place % rowLength == 0 || place % rowLength == rowLength - 1
      let isMasked = !isEdge && stream.uniform() < maskProbability
      ids.append(isMasked ? TokenID(vocabularySize - 1) : id)
      if isMasked {
        positions.append(Int32(place))
        labels.append(id)
      }
    }
    return MaskedBatch(
      ids: ids, sequenceOffsets: (0...rowCount).map { Int32($0 * rowLength) },
      maskedPositions: positions, labels: labels, key: key, step: step, microBatch: rank)
  }
}
