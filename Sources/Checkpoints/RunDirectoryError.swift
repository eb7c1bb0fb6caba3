package import Diagnostics
import Files

/// Why a folder cannot hold a run.
package enum RunDirectoryError: Diagnostic, Equatable {
  /// The folder holds a run, and this is not its continuation.
  case holdsAnotherRun(path: String, because: String)
  /// A process that still runs uses the folder.
  case inUse(path: String, by: String)

  package var exitCode: ExitCode { .cannotCreate }

  package var description: String {
    switch self {
    case .holdsAnotherRun(let path, let because):
      "\(shown(path)): holds another run: expected an empty folder, found \(because): "
        + "go on with it by lockstep train --resume, or give another folder"
    case .inUse(let path, let holder):
      "\(shown(path)): in use: expected nobody else to write there, found \(holder): "
        + "wait until it ends, or give another folder"
    }
  }

  private func shown(_ path: String) -> String { String(displaying: path.utf8, limit: 4096) }
}
