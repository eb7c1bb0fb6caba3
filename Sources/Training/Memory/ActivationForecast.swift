internal import Layers
package import Models
package import Tensors

/// The most floats that one forward and backward pass of a micro-batch holds at a time.
///
/// `T` tokens of which `M` are masked; embeddings of size `E`; layers of width `W` with an inner layer of
/// `I`; `V` words. The terms follow the operations of `EncoderLayer`, `MaskedLanguageHead` and the architectures.
package struct ActivationForecast: Sendable {
  private let tokens: Int
  private let masked: Int
  private let embeddingSize: Int
  private let isProjected: Bool
  private let width: Int
  private let inner: Int
  private let vocabulary: Int
  /// How many layers a token passes through, those that share parameters as often as it does.
  private let layerCount: Int
  /// What a layer adds to its scores: a number for every head and distance.
  private let distanceCount: Int
  private let hasDropout: Bool
  private let isRounded: Bool
  private let recomputes: Bool

  /// A forecast for micro-batches of full blocks.
  package init(
    _ configuration: ModelConfiguration, microBatchSize: Int, blockSize: Int,
    maskProbability: Double, precision: Precision, recomputes: Bool
  ) {
    tokens = microBatchSize * blockSize
    // Masked tokens are drawn one by one: all but one micro-batch in fifty have fewer.
    let mean = Double(tokens) * maskProbability
    let deviation = (mean * (1 - maskProbability)).squareRoot()
    masked = min(tokens, Int((mean + 2 * deviation).rounded(.up)))
    embeddingSize = configuration.embeddingSize
    isProjected = configuration.isProjected
    width = configuration.width
    inner = configuration.size.intermediateSize
    vocabulary = configuration.vocabularySize
    layerCount = configuration.layerOrder.count
    distanceCount =
      configuration.relativeBucketCount > 0
      ? configuration.size.headCount * (2 * blockSize - 1) : 0
    hasDropout = configuration.hiddenDropout > 0
    isRounded = precision == .bfloat16
    self.recomputes = recomputes
  }

  // MARK: - Blocks that are kept for the backward pass, in floats

  /// The sum of the embeddings, the normalization's sum and result, what dropout leaves, and what maps
  /// it to the encoder's width.
  private var embeddings: [Int] {
    [Int](repeating: tokens * embeddingSize, count: hasDropout ? 4 : 3)
      + (isProjected ? [tokens * width] : [])
  }

  /// What a layer keeps behind its queries, keys and values.
  private func behindProjections(rows: Int) -> [Int] {
    let attentionOutput = rows * width
    // Of each of two normalizations: the sum that it read and its result.
    let normalizedSums = [rows * width, rows * width]
    // Before and after GELU.
    let feedForward = [rows * inner, rows * inner]
    return [attentionOutput] + normalizedSums + feedForward + normalizedSums
  }

  private var fullLayer: [Int] {
    let queriesKeysValues = 3 * tokens * width
    return [queriesKeysValues] + biases + behindProjections(rows: tokens)
  }

  /// The last layer computes masked rows only; it begins with a copy of these.
  private var lastLayer: [Int] {
    let (rows, queries, keysValues) = (masked * width, masked * width, 2 * tokens * width)
    return [rows, queries, keysValues] + biases + behindProjections(rows: masked)
  }

  private var biases: [Int] { distanceCount > 0 ? [distanceCount] : [] }

  /// Before and after GELU, and the normalization's sum and result.
  private var head: [Int] { [Int](repeating: masked * embeddingSize, count: 4) }

  /// The logits, in whose place their gradient is stored.
  private var logits: Int { masked * vocabulary }

  private var keptLayers: [Int] {
    let layer = recomputes ? [tokens * width] : fullLayer
    return (0..<max(0, layerCount - 1)).flatMap { _ in layer }
  }

  // MARK: - Blocks that come on top for a moment

  /// The sums of the logits' gradient over rows, one for every eight rows, or its rounded copy.
  private var besideLogits: [Int] { [isRounded ? logits / 2 : logits / 8] }

  /// In a layer's backward pass: the gradients of the residual, and before and after GELU.
  private var besideLayer: [Int] {
    [tokens * width, tokens * inner, tokens * inner]
      + (isRounded ? [tokens * inner / 2, tokens * width / 2] : [])
  }

  // MARK: - The fullest moments

  /// What exists when the loss has been computed.
  private var atLogits: [Int] {
    embeddings + keptLayers + lastLayer + head + [logits] + besideLogits
  }

  /// What exists in the backward pass of the first layer that is walked back in full, whose last
  /// normalization is done.
  private var inLayer: [Int] {
    guard layerCount > 1 else { return [] }
    let layers =
      recomputes ? keptLayers + [tokens * width] + fullLayer : Array(keptLayers.dropLast(2))
    return embeddings + layers + besideLayer
  }

  /// The most bytes in use at a time.
  package var usedByteCount: Int {
    [atLogits, inLayer].map { $0.reduce(0) { $0 + Self.blockBytes($1) } }.max() ?? 0
  }

  /// What the arena takes from the system to hold them.
  package var byteCount: Int {
    let used = usedByteCount
    // The first step of the arena is touched as far as it is used.
    guard used > Self.smallestGrowth else { return used }
    return max(Self.packed(atLogits), Self.packed(inLayer))
  }

  // MARK: - The arena

  private static let smallestGrowth = 32 << 20

  /// As `Arena.blockSize` has it.
  private static func blockBytes(_ floatCount: Int) -> Int {
    let byteCount = floatCount * MemoryLayout<Float>.size
    return (byteCount + (byteCount >= 65_536 ? 320 : 0) + 63) / 64 * 64
  }

  /// The memory that blocks take, each from the smallest rest that holds it, as `Arena.take` does.
  private static func packed(_ blocks: [Int]) -> Int {
    var rests: [Int] = []
    var byteCount = 0
    for block in blocks.map(blockBytes) {
      let fitting = rests.indices.filter { rests[$0] >= block }
      if let index = fitting.min(by: { rests[$0] < rests[$1] }) {
        rests[index] -= block
      } else {
        let growth = max(block, smallestGrowth, byteCount / 8)
        byteCount += growth
        rests.append(growth - block)
      }
    }
    return byteCount
  }
}
