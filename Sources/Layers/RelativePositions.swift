public import Tensors
internal import Tokens

/// A number that every attention head adds to a score for how far the key is from the query, shared by
/// all layers.
///
/// Distances below 8 have a bucket each, those up to 128 share buckets that grow with the distance,
/// and keys behind the query have others than keys before it.
/// Source: Raffel et al. 2020, section 2.1; `transformers.MPNetEncoder.compute_position_bias`.
public struct RelativePositions {
  /// The numbers `[bucketCount, headCount]`.
  public let weight: Parameter

  /// How many buckets are in use; a table may have more rows.
  public static let bucketCount = 32
  private static let exactCount = bucketCount / 4

  /// Declares the parameter `name.weight`.
  ///
  /// - Precondition: There are at least as many rows as buckets.
  public init(
    _ rows: Int, headCount: Int, named name: String, deviation: Float = 0.02,
    in declarations: inout ParameterDeclarations
  ) {
    precondition(rows >= Self.bucketCount, "RelativePositions: \(rows) rows")
    weight = declarations.parameter(
      name + ".weight", shape: [rows, headCount], .normal(deviation: deviation))
  }

  /// What the scores of all tokens get.
  func bias(_ batch: MaskedBatch) -> DistanceBias { bias(batch, places: batch.tokenPlaces) }

  /// What the scores of the masked tokens get.
  func maskedBias(_ batch: MaskedBatch) -> DistanceBias {
    bias(batch, places: batch.maskedPlaces)
  }

  private func bias(_ batch: MaskedBatch, places: [Int32]) -> DistanceBias {
    let farthest = max(batch.longestSequence, 1) - 1
    return DistanceBias(
      weight, buckets: (-farthest...farthest).map { Int32(Self.bucket(ofDistance: $0)) },
      queryPlaces: places)
  }

  /// The bucket of a distance from query to key.
  ///
  /// Above 8 it is 8 + ⌊2 log₂(distance / 8)⌋, counted here in whole numbers.
  public static func bucket(ofDistance distance: Int) -> Int {
    let half = bucketCount / 2
    let side = distance > 0 ? half : 0
    let size = abs(distance)
    guard size >= exactCount else { return side + size }
    guard size < 16 * exactCount else { return side + half - 1 }
    let square = size * size / (exactCount * exactCount)
    return side + exactCount + (Int.bitWidth - 1 - square.leadingZeroBitCount)
  }
}
