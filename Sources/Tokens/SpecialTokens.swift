/// The tokens of a vocabulary that stand for no text.
public struct SpecialTokens: Sendable, Equatable {
  /// Stands for text that the vocabulary cannot spell.
  public let unknown: TokenID
  /// Fills up rows of a padded batch.
  public let padding: TokenID
  /// Opens a sequence.
  public let classification: TokenID
  /// Closes a sequence, and a document within it.
  public let separator: TokenID
  /// Hides a word that is to be predicted.
  public let mask: TokenID
  /// Every special token once, ascending.
  public let all: [TokenID]

  /// Gathers the five roles and whatever other special tokens the vocabulary has.
  public init(
    unknown: TokenID, padding: TokenID, classification: TokenID, separator: TokenID, mask: TokenID,
    additional: [TokenID] = []
  ) {
    self.unknown = unknown
    self.padding = padding
    self.classification = classification
    self.separator = separator
    self.mask = mask
    all = Set([unknown, padding, classification, separator, mask] + additional).sorted()
  }
}
