/// The sizes of an encoder.
public struct EncoderSize: Sendable {
  /// How many layers there are.
  public let layerCount: Int
  /// The size of a token's vector.
  public let width: Int
  /// How many attention heads a layer has; divides `width`.
  public let headCount: Int
  /// The size of the feed-forward network's inner layer.
  public let intermediateSize: Int

  /// An encoder of `layerCount` layers of `width`.
  public init(layerCount: Int, width: Int, headCount: Int, intermediateSize: Int) {
    self.layerCount = layerCount
    self.width = width
    self.headCount = headCount
    self.intermediateSize = intermediateSize
  }
}
