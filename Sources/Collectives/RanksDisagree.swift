public import Diagnostics

/// Ranks that differ in what must be equal.
public struct RanksDisagree: WorldDiagnostic, Equatable {
  /// One thing that differs, and which ranks have which value, in the order of their first rank.
  public struct Difference: Sendable, Equatable {
    /// The setting or file.
    public let name: String
    /// The values and the ascending ranks that have them.
    public let values: [Value]
  }

  /// A value of some ranks.
  public struct Value: Sendable, Equatable {
    /// The value; nil where a rank does not know the name.
    public let text: String?
    /// The ascending ranks that have it.
    public let ranks: [Int]
  }

  /// All that differs.
  public let differences: [Difference]
  /// Whether this rank is the one that prints it.
  public let isReportedHere: Bool

  public var exitCode: ExitCode { .ranksDisagree }

  public var description: String {
    let shown = differences.prefix(10).map { difference in
      let values = difference.values.map { value in
        "\(describe(ranks: value.ranks)): \(value.text.map(abridged) ?? "nothing")"
      }
      return "\(difference.name): ranks disagree: " + values.joined(separator: "; ")
    }
    let rest = differences.count > 10 ? " (and \(differences.count - 10) more)" : ""
    return shown.joined(separator: " | ") + rest
      + ": start every rank with the same program, settings and files"
  }

  private func abridged(_ text: String) -> String {
    text.unicodeScalars.count <= 80 ? text : String(text.unicodeScalars.prefix(79)) + "…"
  }
}
