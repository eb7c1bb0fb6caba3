import Lockstep

/// A user's own architecture: a small network that guesses a word from its sentence and neighbours.
///
/// It sees the mean of the sentence's vectors and those of the words on both sides: no attention,
/// no recurrence, and none of Lockstep's layers but `Embedding` and `Linear`.
final class BagOfNeighbours: MaskedModel {
  let parameters: ParameterStore
  private let words: Embedding
  private let hidden: Linear
  private let output: Linear

  init(vocabularySize: Int, width: Int, key: RandomKey) {
    var parts = ParameterDeclarations()
    words = Embedding(vocabularySize, width, named: "words", deviation: 0.1, in: &parts)
    hidden = Linear(3 * width, 2 * width, named: "hidden", deviation: 0.1, in: &parts)
    output = Linear(2 * width, vocabularySize, named: "output", deviation: 0.1, in: &parts)
    parameters = ParameterStore(parts, key: key)
  }

  func predictions(for batch: MaskedBatch, in context: Context) -> MaskedPredictions {
    let vectors = words(batch.ids)  // [tokenCount, width]
    let last = Int32(batch.tokenCount - 1)
    let before = vectors.gatherRows(batch.maskedPositions.map { max($0 - 1, 0) })
    let after = vectors.gatherRows(batch.maskedPositions.map { min($0 + 1, last) })
    let sentence = meanMatrix(batch).matmul(vectors)  // [maskedCount, width]
    // Side by side, as [maskedCount, 3 · width]: stacked, then the first two axes exchanged.
    let width = vectors.shape[1]
    let features = Tensor.stacked([before, after, sentence])
      .transposed(0, 1).reshaped([batch.maskedCount, 3 * width])
    let x = hidden(features).relu().dropout(context.dropout(0.1))
    return MaskedPredictions(logits: output(x))
  }

  /// The weights `[maskedCount, tokenCount]` that average a masked word's sentence.
  private func meanMatrix(_ batch: MaskedBatch) -> Tensor {
    var weights = [Float](repeating: 0, count: batch.maskedCount * batch.tokenCount)
    for sequence in 0..<batch.sequenceCount {
      let tokens =
        Int(batch.sequenceOffsets[sequence])..<Int(batch.sequenceOffsets[sequence + 1])
      for row in Int(batch.maskedOffsets[sequence])..<Int(batch.maskedOffsets[sequence + 1]) {
        for token in tokens { weights[row * batch.tokenCount + token] = 1 / Float(tokens.count) }
      }
    }
    return Tensor(weights, shape: [batch.maskedCount, batch.tokenCount])
  }
}
