import Diagnostics
import Files

/// A command line that cannot be understood or honoured, with everything that is wrong with it.
struct UsageError: Diagnostic {
  /// What is wrong, one sentence each.
  let problems: [String]
  /// The command whose help serves, or nil for the list of commands.
  let command: String?

  /// How many problems one message lists.
  private static let listedCount = 6
  /// How many characters of a problem are shown, whatever was typed.
  private static let longestProblem = 300

  var exitCode: ExitCode { .usage }

  /// The problem, or how many there are and a line for each; last a line with what helps.
  var description: String {
    let sentences = problems.map { String(displaying: $0.utf8, limit: Self.longestProblem) }
    var lines = sentences
    if sentences.count > 1 {
      lines = ["\(sentences.count) problems on the command line"]
      lines += sentences.prefix(Self.listedCount).map { "  " + $0 }
      if sentences.count > Self.listedCount {
        lines.append("  and \(sentences.count - Self.listedCount) more")
      }
    }
    lines.append("hint: lockstep help" + (command.map { " " + $0 } ?? ""))
    return lines.joined(separator: "\n")
  }
}
