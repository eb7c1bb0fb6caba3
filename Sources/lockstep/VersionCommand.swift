import Collectives
import Diagnostics
import Training

/// `lockstep version`: what is installed.
struct VersionCommand: Command {
  static let name = "version"
  static let summary = "Show the version and what the arithmetic runs on"
  static let usage = [""]
  static var optionGroups: [OptionGroup<VersionCommand>] { [] }

  func run(on world: any Communicator) throws -> ExitCode? {
    guard world.rank == 0 else { return nil }
    try Output.show("lockstep \(LockstepVersion.current)\n")
    return nil
  }
}
