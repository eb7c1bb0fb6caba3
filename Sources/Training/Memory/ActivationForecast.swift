internal import Layers
package import Models

/// The most floats that one forward and backward pass of a micro-batch holds at a time.
///
/// `ActivationBlocks` says what each architecture keeps.
package struct ActivationForecast: Sendable {
  private let tokens: Int
  private let masked: Int
  private let width: Int
  private let vocabulary: Int
  private let blocks: ActivationBlocks
  private let recomputes: Bool

  /// A forecast for micro-batches of full blocks.
  package init(
    _ configuration: ModelConfiguration, microBatchSize: Int, blockSize: Int,
    maskProbability: Double, recomputes: Bool
  ) {
    tokens = microBatchSize * blockSize
    // Masked tokens are drawn one by one: all but one micro-batch in fifty have fewer.
    let mean = Double(tokens) * maskProbability
    let deviation = (mean * (1 - maskProbability)).squareRoot()
    masked = min(tokens, Int((mean + 2 * deviation).rounded(.up)))
    width = configuration.width
    vocabulary = configuration.vocabularySize
    blocks = ActivationBlocks(
      configuration, tokens: tokens, masked: masked, blockSize: blockSize)
    self.recomputes = recomputes
  }

  /// The logits, in whose place their gradient is stored.
  private var logits: Int { masked * vocabulary }

  private var keptLayers: [[Int]] {
    recomputes ? blocks.layers.map { _ in [tokens * width] } : blocks.layers
  }

  // MARK: - The fullest moments

  /// What exists when the loss has been computed.
  private var atLogits: [Int] {
    blocks.embeddings + keptLayers.joined() + blocks.lastLayer + blocks.head + [logits]
  }

  /// What exists in the backward pass of the first layer that is walked back in full, at a moment
  /// when the results of its last operations have been given back.
  private func inLayer(_ moment: ActivationBlocks.Moment, holdsResults: Bool) -> [Int] {
    guard let layer = blocks.layers.last else { return [] }
    let kept =
      recomputes ? keptLayers.joined() + [tokens * width] : Array(keptLayers.dropLast().joined())
    let held = holdsResults ? layer : layer.dropLast(moment.finishedCount)
    return blocks.embeddings + kept + held + moment.beside
  }

  private func moments(holdingResults: Bool = false) -> [[Int]] {
    [atLogits] + blocks.moments.map { inLayer($0, holdsResults: holdingResults) }
  }

  /// The most bytes in use at a time.
  package var usedByteCount: Int { Self.largest(of: moments()) }

  private static func largest(of moments: [[Int]]) -> Int {
    moments.map { $0.reduce(0) { $0 + blockBytes($1) } }.max() ?? 0
  }

  /// What the arena takes from the system to hold them.
  package var byteCount: Int {
    // What a layer that is computed again gives back lies between what it keeps.
    let moments = moments(holdingResults: recomputes)
    return Self.largest(of: moments)
  }

  /// As `Arena.blockSize` has it.
  private static func blockBytes(_ floatCount: Int) -> Int {
    let byteCount = floatCount * MemoryLayout<Float>.size
    return (byteCount + (byteCount >= 65_536 ? 320 : 0) + 63) / 64 * 64
  }
}
