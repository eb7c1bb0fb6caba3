import Layers
import Models
import Randomness
import Tensors
import Testing
import Tokens
import Training

/// What a step really takes, against the forecast; each in a process of its own, because all tests of
/// a process share the arena.
struct ActivationForecastTests {
  private static let (sequenceCount, length, maskedCount) = (8, 64, 93)
  /// Attention's scratch memory of the family of BERT and of ModernBERT is left out, and so are
  /// statistics of normalizations; dropout of the last layer is.
  private static let tolerance = 0.12

  @Test func bert() async {
    await #expect(processExitsWith: .success) { try Self.compare("bert") }
  }

  @Test func modernBERT() async {
    await #expect(processExitsWith: .success) { try Self.compare("modernbert") }
  }

  @Test func deBERTa() async {
    await #expect(processExitsWith: .success) { try Self.compare("deberta-v2") }
  }

  private static func compare(_ type: String) throws {
    let configuration = try ModelConfiguration.custom(
      EncoderSize(layerCount: 4, width: 128, headCount: 4, intermediateSize: 512), type: type,
      vocabularySize: 997, positionCount: 128, dropout: 0.1, paddingID: 0)
    // Recomputation first: the arena remembers its fullest moment for good.
    for recomputes in [true, false] {
      let forecast = ActivationForecast(
        configuration, microBatchSize: sequenceCount, blockSize: length, maskProbability: 0.15,
        recomputes: recomputes)
      step(ModelRegistry.make(configuration, key: RandomKey(seed: 1)), recomputes: recomputes)
      let used = Double(Arena.shared.statistics.peakByteCount)
      let ratio = Double(forecast.usedByteCount) / used
      #expect(abs(ratio - 1) < tolerance, "\(type), \(recomputes): \(ratio) of \(used)")
    }
  }

  private static func step(_ model: any PretrainedModel, recomputes: Bool) {
    let count = sequenceCount * length
    let ids = (0..<count).map { Int32($0 * 7 % 990 + 5) }
    let masked = (0..<maskedCount).map { Int32($0 * count / maskedCount) }
    let batch = MaskedBatch(
      ids: ids, sequenceOffsets: (0...sequenceCount).map { Int32($0 * length) },
      maskedPositions: masked, labels: masked.map { ids[Int($0)] }, key: RandomKey(seed: 2))
    let context = Context.training(key: batch.key, recomputing: recomputes)
    model.predictions(for: batch, in: context).lossSum(batch.labels).backward()
  }
}
