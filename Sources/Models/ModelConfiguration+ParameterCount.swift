internal import Layers

extension ModelConfiguration {
  /// How many numbers training changes in a model of this configuration, without making one.
  public var parameterCount: Int {
    switch settings {
    case .common: commonParameterCount
    case .modernBERT(let settings): settings.parameterCount(of: self)
    case .deBERTa(let settings): settings.parameterCount(of: self)
    }
  }

  private var commonParameterCount: Int {
    let embeddings =
      (vocabularySize + positionCount + segmentTypeCount) * embeddingSize
      + Self.normalization(embeddingSize)
    let projection = isProjected ? Self.linear(embeddingSize, width) : 0
    let relativePositions = relativeBucketCount * size.headCount
    let attention = 4 * Self.linear(width, width) + Self.normalization(width)
    let feedForward =
      Self.linear(width, size.intermediateSize) + Self.linear(size.intermediateSize, width)
      + Self.normalization(width)
    let head =
      Self.linear(width, embeddingSize) + Self.normalization(embeddingSize) + vocabularySize
    return embeddings + projection + relativePositions
      + ownLayerCount * (attention + feedForward) + head
  }

  static func linear(_ inputs: Int, _ outputs: Int) -> Int { (inputs + 1) * outputs }

  static func normalization(_ size: Int) -> Int { 2 * size }
}
