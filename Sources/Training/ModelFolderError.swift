package import Diagnostics
import Files

/// Why the folder of a model cannot be used.
package enum ModelFolderError: Diagnostic, Equatable {
  /// A revision was asked for, of something that has none.
  case revisionOfAPath(String)
  /// A rank does not see the folder that rank 0 has found.
  case notSharedByAllMachines(path: String, host: String)
  /// A machine cannot keep a copy of what rank 0 has found, and why.
  case noCopy(model: String, host: String, reason: String, exitCode: ExitCode)

  package var exitCode: ExitCode {
    switch self {
    case .revisionOfAPath: .usage
    case .notSharedByAllMachines: .ranksDisagree
    case .noCopy(_, _, _, let exitCode): exitCode
    }
  }

  package var description: String {
    switch self {
    case .revisionOfAPath(let name):
      "--revision: '\(shown(name))' is no model of a hub, and only those have revisions: leave it out"
    case .notSharedByAllMachines(let path, let host):
      "\(shown(path)): rank 0 has this folder, this rank on \(shown(host)) has not: put the model in "
        + "the same place on each machine, or where all of them see it"
    case .noCopy(let model, let host, let reason, _):
      "\(model): no copy on \(shown(host)), which does not see rank 0's cache: \(reason): set HF_HOME "
        + "to a folder that all machines see, or to one that this one can write"
    }
  }

  private func shown(_ text: String) -> String { String(displaying: text.utf8, limit: 300) }
}
