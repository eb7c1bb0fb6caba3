package import Diagnostics
import Files

/// Why a folder cannot hold a run.
package enum RunDirectoryError: Diagnostic, Equatable {
  /// The folder holds a run, and this is not its continuation.
  case holdsAnotherRun(path: String, because: String)
  /// No run of the folder has made what lies where a run puts its model.
  case holdsAnotherModel(path: String)
  /// The run would begin with files that it replaces by its own model.
  case beginsWithItsOutput(option: String, path: String)
  /// A process that still runs uses the folder.
  case inUse(path: String, by: String)

  package var exitCode: ExitCode { .cannotCreate }

  package var description: String {
    switch self {
    case .holdsAnotherRun(let path, let because):
      "\(shown(path)): holds another run: expected an empty folder, found \(because): "
        + "go on with it by the same command with --resume, or give another folder"
    case .holdsAnotherModel(let path):
      "\(shown(path)): no run has made it: expected nothing here, where the finished model goes, "
        + "found other files: move them away, or give another --output"
    case .beginsWithItsOutput(let option, let path):
      "\(option) \(shown(path)): lies in the folder that the run's own model replaces: expected "
        + "another folder, found --output's model: give another --output"
    case .inUse(let path, let holder):
      "\(shown(path)): in use: expected nobody else to write there, found \(holder): "
        + "wait until it ends, or give another folder"
    }
  }

  private func shown(_ path: String) -> String { String(displaying: path.utf8, limit: 4096) }
}
