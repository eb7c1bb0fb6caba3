import Collectives
import Diagnostics

/// Something `lockstep` can be asked to do: one file, one type, one line in `allCommands`.
protocol Command {
  /// What the user types.
  static var name: String { get }
  /// What it does: one sentence without a full stop.
  static var summary: String { get }
  /// What may follow the name, one form a line, each beginning with a space.
  static var usage: [String] { get }
  /// The options under their headings.
  static var optionGroups: [OptionGroup<Self>] { get }
  /// Options of other programs, without dashes, and what there is instead.
  static var foreignOptions: [(name: String, advice: String)] { get }
  /// Paragraphs that close the help.
  static var notes: [String] { get }
  /// Whether the list of commands leaves it out.
  static var isHidden: Bool { get }

  init()

  /// Takes a word that is no option and returns what is wrong with it, or nil.
  mutating func accept(operand: String) -> String?

  /// What is wrong with the values together: ranges, contradictions, what is missing.
  func problems() -> [String]

  /// Does it, on every rank, and returns the exit code if all went well but something is left to do.
  func run(on world: any Communicator) throws -> ExitCode?
}

extension Command {
  static var foreignOptions: [(name: String, advice: String)] { [] }
  static var notes: [String] { [] }
  static var isHidden: Bool { false }

  mutating func accept(operand: String) -> String? {
    "'\(operand)' is not expected: 'lockstep \(Self.name)' takes options only"
  }

  func problems() -> [String] { [] }

  /// What `lockstep help` shows.
  static var help: String { HelpText.text(of: Self.self) }

  /// Returns the command that the words after its name ask for, or the one that shows its help.
  static func parse(_ words: [String]) throws -> any Command {
    if asksForHelp(words) { return try HelpCommand.parse([name]) }
    return try CommandParser<Self>.parse(words)
  }

  private static func asksForHelp(_ words: [String]) -> Bool {
    words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }
}

/// Every command, in the order of the help.
var commands: [any Command.Type] {
  [
    TrainCommand.self,
    EvaluateCommand.self,
    FillMaskCommand.self,
    DemoCommand.self,
    TokenizerCommand.self,
    BenchmarkTokenizerCommand.self,
    HelpCommand.self,
    VersionCommand.self,
    BenchmarkCommand.self,
  ]
}
