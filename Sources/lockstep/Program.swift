import Collectives
import Diagnostics
import Files
import Glibc
import Hub

/// The process from its first to its last line.
enum Program {
  /// Does what the words ask for and ends the process.
  static func run(_ words: [String]) -> Never {
    signal(SIGPIPE, SIG_IGN)
    HubSettings.keepTokenOutOfCoreFiles()
    World.run { world in
      let command = try world.together("reading of the command line") { try parse(words) }
      guard let code = try command.run(on: world) else { return }
      try world.close()
      exit(code.rawValue)
    }
  }

  private static func parse(_ words: [String]) throws -> any Command {
    guard let name = words.first, !["--help", "-h"].contains(name) else { return HelpCommand() }
    if name == "--version" { return VersionCommand() }
    guard let command = commands.first(where: { $0.name == name }) else {
      throw UsageError(problems: [unknownCommand(name)], command: nil)
    }
    return try command.parse(Array(words.dropFirst()))
  }
}

/// The sentence for a command that does not exist.
func unknownCommand(_ name: String) -> String {
  let names = commands.filter { !$0.isHidden }.map { $0.name }
  return "'\(name)' is not a command" + suggestionText(for: name, among: names)
}
