public import Diagnostics

/// What is wrong with the text or the tokens of a training.
public enum DataError: Diagnostic, Equatable {
  /// The share to hold out for validation is out of range.
  case validationFraction(Double)
  /// There are too few samples to hold some out.
  case tooFewSamples(count: Int, longest: Int)

  public var exitCode: ExitCode {
    switch self {
    case .validationFraction: .configuration
    case .tooFewSamples: .data
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
    }
  }
}
