internal import Layers
internal import Models

/// The blocks of memory that a pass of one architecture holds, in floats.
///
/// `T` tokens of which `M` are masked; embeddings of size `E`; layers of width `W` with an inner layer of
/// `I`. The terms follow the operations of the architectures and of their parts.
struct ActivationBlocks: Sendable {
  /// What exists beside other blocks at one moment of a layer's backward pass.
  struct Moment: Sendable {
    /// How many of the layer's last blocks have been given back.
    let finishedCount: Int
    let beside: [Int]
  }

  /// What embeddings keep for the backward pass.
  private(set) var embeddings: [Int] = []
  /// What each layer but the last keeps.
  private(set) var layers: [[Int]] = []
  /// The last layer computes masked rows only.
  private(set) var lastLayer: [Int] = []
  /// What the head keeps besides the logits.
  private(set) var head: [Int] = []
  /// The fullest moments of the backward pass of a layer that is not the last.
  private(set) var moments: [Moment] = []

  private let width: Int
  private let inner: Int
  private let tokens: Int
  private let masked: Int

  /// The blocks of a micro-batch of sequences of `blockSize`.
  init(
    _ configuration: ModelConfiguration, tokens: Int, masked: Int, blockSize: Int
  ) {
    (self.tokens, self.masked) = (tokens, masked)
    (width, inner) = (configuration.width, configuration.size.intermediateSize)
    switch configuration.settings {
    case .common: setCommon(configuration, blockSize: blockSize)
    case .modernBERT(let settings): setModernBERT(configuration, settings)
    case .deBERTa(let settings):
      setCommon(configuration, blockSize: blockSize)
      addDeBERTa(configuration, settings, blockSize: blockSize)
    }
  }

  // MARK: - The family of BERT

  private mutating func setCommon(
    _ configuration: ModelConfiguration, blockSize: Int
  ) {
    let embeddingSize = configuration.embeddingSize
    // The sum of the embeddings; what is normalized can be computed again. Where it is mapped to the
    // encoder's width, also what the map reads, and its result.
    embeddings =
      [tokens * embeddingSize]
      + (configuration.isProjected ? [tokens * embeddingSize, tokens * width] : [])
    // What a layer adds to its scores: a number for every head and distance.
    let biases =
      configuration.relativeBucketCount > 0
      ? [configuration.size.headCount * (2 * blockSize - 1)] : []
    let full = [3 * tokens * width] + biases + behindProjections(rows: tokens)
    // A token passes through layers that share parameters as often as through others.
    layers = [[Int]](repeating: full, count: configuration.layerOrder.count - 1)
    // It begins with a copy of the masked rows; then queries, keys and values.
    lastLayer =
      [masked * width, masked * width, 2 * tokens * width] + biases
      + behindProjections(rows: masked) + [masked * width]
    // Before and after GELU, which is what is normalized, and the result of that.
    head = [Int](repeating: masked * embeddingSize, count: 3)
    // Before the last normalization: the gradients of the residual and of the feed-forward network, and
    // behind GELU elements and gradients.
    moments = [
      Moment(
        finishedCount: 1,
        beside: [tokens * width, tokens * width, tokens * inner, tokens * inner])
    ]
  }

  /// What a layer keeps behind its queries, keys and values.
  private func behindProjections(rows: Int) -> [Int] {
    // What attention gives, what is normalized, what goes into GELU, what is normalized.
    [rows * width, rows * width, rows * inner, rows * width]
  }

  // MARK: - ModernBERT

  private mutating func setModernBERT(
    _ configuration: ModelConfiguration, _ settings: ModernBERTSettings
  ) {
    embeddings = [Int](repeating: tokens * width, count: settings.embeddingDropout > 0 ? 3 : 2)
    let dropped = configuration.hiddenDropout > 0
    func feedForward(_ rows: Int) -> [Int] {
      // The sum with the residual and its normalization, before and after the gate, the next sum.
      [rows * width, rows * width, 2 * rows * inner, rows * inner]
        + (dropped ? [rows * inner] : []) + [rows * width]
    }
    let full = [3 * tokens * width, tokens * width] + feedForward(tokens)
    // All layers but the first normalize what they read.
    layers = (0..<configuration.layerCount - 1).map {
      ($0 > 0 ? [tokens * width] : []) + full
    }
    let normalized = configuration.layerCount > 1 ? [tokens * width, masked * width] : []
    lastLayer =
      [masked * width] + normalized + [masked * width, 2 * tokens * width, masked * width]
      + feedForward(masked)
    head = [Int](repeating: masked * width, count: 5)
    // The gradients of the residual, and before and after the gate.
    moments = [
      Moment(
        finishedCount: dropped ? 2 : 1,
        beside: [tokens * width, tokens * inner, 2 * tokens * inner])
    ]
  }

  // MARK: - DeBERTa

  private mutating func addDeBERTa(
    _ configuration: ModelConfiguration, _ settings: DeBERTaSettings, blockSize: Int
  ) {
    let isCompared = settings.comparesQueries || settings.comparesKeys
    let rows = isCompared ? settings.relativeRowCount(length: blockSize) : 0
    let dropped = configuration.hiddenDropout > 0
    let vectors = 1 + (settings.normalizesPositions ? 1 : 0) + (dropped ? 1 : 0)
    let maps = (settings.comparesQueries ? 1 : 0) + (settings.comparesKeys ? 1 : 0)
    let relative = [Int](repeating: rows * width, count: rows > 0 ? vectors + maps : 0)
    layers = layers.map { relative + $0 }
    lastLayer = relative + lastLayer
    if settings.convolutionSize > 0 {
      let few = layers.isEmpty ? masked : tokens
      // Neighbours, their product, what dropout leaves, its activation and the sum.
      let convolution =
        [tokens * width * settings.convolutionSize]
        + [Int](repeating: few * width, count: dropped ? 4 : 3)
      if layers.isEmpty {
        // Of masked rows also their neighbours and the normalization.
        lastLayer += convolution + [few * width * settings.convolutionSize, few * width]
      } else {
        layers[0] += convolution
      }
    }
    // In attention: the gradients of the residual, of its result and of all that it read, and its
    // scratch memory.
    let scratch = 2 * (64 * (blockSize + rows) + blockSize * rows) * configuration.size.headCount
    moments.append(
      Moment(
        finishedCount: 6,
        beside: [tokens * width, tokens * width, 3 * tokens * width, rows * width * maps, scratch]))
  }
}
