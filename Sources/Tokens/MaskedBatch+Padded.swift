public import Randomness

extension MaskedBatch {
  /// Packs rows as PyTorch holds them: padded at the end, with -100 where nothing is predicted.
  ///
  /// - Parameters:
  ///   - paddedIDs: the rows after masking, `[sequenceCount, width]`
  ///   - attentionMask: 1 for tokens, 0 for padding, `[sequenceCount, width]`
  ///   - labels: the tokens to predict, -100 elsewhere, `[sequenceCount, width]`
  ///   - key: names the random streams of this micro-batch
  ///   - step: the optimizer step
  ///   - microBatch: the index within the global batch
  /// - Precondition: the three have one shape, and padding only follows a row's tokens and has no
  ///   labels.
  public init(
    paddedIDs: [[TokenID]], attentionMask: [[Int32]], labels: [[Int32]],
    key: RandomKey = RandomKey(seed: 0), step: Int = 0, microBatch: Int = 0
  ) {
    precondition(
      paddedIDs.count == attentionMask.count && paddedIDs.count == labels.count,
      "\(paddedIDs.count) rows, \(attentionMask.count) masks, \(labels.count) rows of labels")
    var ids: [TokenID] = []
    var offsets: [Int32] = [0]
    var positions: [Int32] = []
    var predicted: [TokenID] = []
    for (row, tokens) in paddedIDs.enumerated() {
      let mask = attentionMask[row]
      precondition(
        mask.count == tokens.count && labels[row].count == tokens.count,
        "row \(row): \(tokens.count) tokens, \(mask.count) marks, \(labels[row].count) labels")
      let length = mask.prefix { $0 != 0 }.count
      precondition(
        mask[length...].allSatisfy { $0 == 0 }, "row \(row): padding before the last token")
      precondition(
        labels[row][length...].allSatisfy { $0 == -100 }, "row \(row): labels on padding")
      for column in 0..<length where labels[row][column] != -100 {
        positions.append(Int32(ids.count + column))
        predicted.append(labels[row][column])
      }
      ids += tokens[..<length]
      offsets.append(Int32(ids.count))
    }
    self.init(
      ids: ids, sequenceOffsets: offsets, maskedPositions: positions, labels: predicted, key: key,
      step: step, microBatch: microBatch)
  }
}
