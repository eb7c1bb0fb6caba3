import Tokens

/// Memory for encoding, used again from text to text.
struct Workspace: Sendable {
  var original: [UInt32] = []
  var text = NormalizedText()
  var spare = NormalizedText()
  var segments: [AddedTokenMatcher.Segment] = []
  var innerSegments: [AddedTokenMatcher.Segment] = []
  var words = Words()
  var word = WordWorkspace()
  /// The tokens of the text, with the places in the original scalars that they come from.
  var pieces: [Piece] = []
  var shortWords = ShortWords()
  var longWords = LongWords()

  /// A workspace that is lent as a whole, never copied: whoever holds the box is the only one who does.
  final class Box: @unchecked Sendable {
    var workspace = Workspace()
  }
}
