/// A text as tokens, with the place in the text that each came from.
///
/// All arrays have one element for each token.
public struct Encoding: Sendable, Equatable {
  /// The tokens.
  public var ids: [TokenID]
  /// Where each token lies in the text, counted in Unicode scalars; empty for an added token.
  public var offsets: [Range<Int>]
  /// 1 for tokens that were added around the text, 0 for tokens of the text.
  public var specialTokensMask: [UInt8]
  /// 0 for tokens of a first text, 1 for those of a second.
  public var typeIDs: [TokenID]

  /// Puts an encoding together from its columns.
  ///
  /// - Precondition: the columns have one length.
  public init(
    ids: [TokenID], offsets: [Range<Int>], specialTokensMask: [UInt8], typeIDs: [TokenID]
  ) {
    precondition(
      offsets.count == ids.count && specialTokensMask.count == ids.count
        && typeIDs.count == ids.count,
      """
      an encoding of \(ids.count) tokens with \(offsets.count) offsets, \
      \(specialTokensMask.count) marks and \(typeIDs.count) types
      """)
    self.ids = ids
    self.offsets = offsets
    self.specialTokensMask = specialTokensMask
    self.typeIDs = typeIDs
  }
}
