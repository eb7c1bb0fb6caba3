extension MaskedBatch {
  /// The place of every token in its sequence, from 0: `[tokenCount]`.
  public var tokenPlaces: [Int32] {
    (0..<sequenceCount).flatMap { Array(0..<Int32(sequenceLength($0))) }
  }

  /// The place of every masked token in its sequence, from 0: `[maskedCount]`.
  public var maskedPlaces: [Int32] {
    (0..<sequenceCount).flatMap { sequence in
      maskedPositions[Int(maskedOffsets[sequence])..<Int(maskedOffsets[sequence + 1])].map {
        $0 - sequenceOffsets[sequence]
      }
    }
  }
}
