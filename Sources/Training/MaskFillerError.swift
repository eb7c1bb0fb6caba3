public import Diagnostics
import Files

/// Why the masks of a text cannot be filled.
public enum MaskFillerError: Diagnostic, Equatable {
  /// The text has no mask.
  case noMask(text: String, mask: String)
  /// The text has another number of masks than there are hidden tokens.
  case maskCount(text: String, found: Int, expected: Int)
  /// The text has more tokens than the model takes.
  case tooLong(text: String, tokenCount: Int, limit: Int)

  public var exitCode: ExitCode { .data }

  public var description: String {
    switch self {
    case .noMask(let text, let mask):
      "'\(shown(text))': has no mask: write \(mask) where a word is to be predicted"
    case .maskCount(let text, let found, let expected):
      "'\(shown(text))': has \(found) masks, expected \(expected)"
    case .tooLong(let text, let tokenCount, let limit):
      "'\(shown(text))': has \(tokenCount) tokens, the model takes \(limit): give a shorter text"
    }
  }

  private func shown(_ text: String) -> String { String(displaying: text.utf8, limit: 60) }
}
