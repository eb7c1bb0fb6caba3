package import Diagnostics
import Files

/// Why the folder of a model cannot be used.
package enum ModelFolderError: Diagnostic, Equatable {
  /// A revision was asked for, of something that has none.
  case revisionOfAPath(String)
  /// A rank does not see the folder that rank 0 has found.
  case notSharedByAllMachines(path: String)

  package var exitCode: ExitCode {
    switch self {
    case .revisionOfAPath: .usage
    case .notSharedByAllMachines: .ranksDisagree
    }
  }

  package var description: String {
    switch self {
    case .revisionOfAPath(let name):
      "--revision: '\(shown(name))' is no model of a hub, and only those have revisions: leave it out"
    case .notSharedByAllMachines(let path):
      "\(shown(path)): rank 0 has this folder, this rank has not: set HF_HOME to a folder that all "
        + "machines see, or put the model in the same place on each"
    }
  }

  private func shown(_ text: String) -> String { String(displaying: text.utf8, limit: 300) }
}
