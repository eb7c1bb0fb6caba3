public import Diagnostics
import Files

/// What is wrong with the text or the tokens of a training.
public enum DataError: Diagnostic, Equatable {
  /// The share to hold out for validation is out of range.
  case validationFraction(Double)
  /// There are too few samples to hold some out.
  case tooFewSamples(count: Int, longest: Int)
  /// Samples would have no room for a token between the two around them.
  case blockSize(Int)
  /// A rank does not see the folder that rank 0 has made in the cache.
  case cacheNotShared(folder: String, rank: Int)
  /// The cache cannot be written any more, and why.
  case cacheNotWritten(reason: String, exitCode: ExitCode)

  public var exitCode: ExitCode {
    switch self {
    case .validationFraction, .blockSize: .configuration
    case .tooFewSamples: .data
    case .cacheNotShared: .ranksDisagree
    case .cacheNotWritten(_, let exitCode): exitCode
    }
  }

  public var description: String {
    switch self {
    case .validationFraction(let fraction):
      """
      validation fraction: out of range: expected a share from 0 up to but not including 1, found \
      \(fraction): give 0.05 to hold out 5 %
      """
    case .tooFewSamples(let count, let longest):
      """
      training data: too few samples: expected at least one for training and one for validation, \
      found \(count) of up to \(longest) tokens: give more text, shorter blocks or no validation
      """
    case .blockSize(let length):
      """
      block size: too small: expected at least 3 tokens, two of them special, found \(length): give \
      128
      """
    case .cacheNotShared(let folder, let rank):
      """
      \(String(displaying: folder.utf8, limit: 4096)): rank \(rank) does not see it: expected a cache \
      that all ranks share, found another file system: set LOCKSTEP_CACHE to a shared folder, or to \
      none to keep tokens in memory
      """
    case .cacheNotWritten(let reason, _):
      """
      token cache: \(reason): or set LOCKSTEP_CACHE to another folder, or to none to keep tokens in \
      memory
      """
    }
  }
}
