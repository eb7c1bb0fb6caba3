import Collectives
import Diagnostics
import Training

/// `lockstep help`: the commands, or one command's options.
struct HelpCommand: Command {
  static let name = "help"
  static let summary = "Show the commands, or the options of one"
  static let usage = ["", " COMMAND"]
  static var optionGroups: [OptionGroup<HelpCommand>] { [] }

  private var topic: (any Command.Type)?

  mutating func accept(operand: String) -> String? {
    guard topic == nil else { return "'\(operand)' is not expected: help takes one command" }
    topic = commands.first { $0.name == operand }
    return topic == nil ? unknownCommand(operand) : nil
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    guard world.rank == 0 else { return nil }
    try Output.show(topic.map { $0.help } ?? HelpText.overview(of: commands))
    return nil
  }
}
