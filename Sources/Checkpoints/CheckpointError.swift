package import Diagnostics
import Files

/// Why a checkpoint cannot be saved or used.
package enum CheckpointError: Diagnostic {
  /// There are checkpoints, and every one of them is damaged.
  case allDamaged(folder: String, [CheckpointDamage])
  /// A checkpoint was written in a format that this version does not know.
  case newerFormat(manifest: String, format: Int, known: Int)
  /// A checkpoint was not saved; those before it are untouched.
  case notSaved(folder: String, lastStep: Int?, reason: any Diagnostic)
  /// A checkpoint was saved, and one that is too many cannot be removed.
  case notPruned(folder: String, savedStep: Int, reason: any Diagnostic)
  /// What was read back from the disk is not what was written.
  case notAsWritten([CheckpointDamage])
  /// This process sees another checkpoint under the same name than the one that chose it.
  case ranksDisagree(manifest: String, expected: String, found: String)

  package var exitCode: ExitCode {
    switch self {
    case .allDamaged, .newerFormat: .data
    case .notSaved(_, _, let reason), .notPruned(_, _, let reason): reason.exitCode
    case .notAsWritten: .inputOutput
    case .ranksDisagree: .ranksDisagree
    }
  }

  package var description: String {
    switch self {
    case .allDamaged(let folder, let damage):
      "\(shown(folder)): no checkpoint is usable: \(listed(damage)): "
        + "restore one from a copy, or start anew in another folder"
    case .newerFormat(let manifest, let format, let known):
      "\(shown(manifest)): written by a newer version: expected format \(known), found \(format): "
        + "use that version"
    case .notSaved(let folder, let lastStep, let reason):
      "\(shown(folder)): the checkpoint was not saved: \(reason) "
        + (lastStep.map { "(last good checkpoint: step \($0))" } ?? "(there is none before it)")
    case .notPruned(let folder, let savedStep, let reason):
      "\(shown(folder)): an old checkpoint cannot be removed: \(reason) "
        + "(the new one, step \(savedStep), is saved)"
    case .notAsWritten(let damage):
      "\(listed(damage)): the disk does not return what was written: replace the disk"
    case .ranksDisagree(let manifest, let expected, let found):
      "\(shown(manifest)): ranks see different checkpoints: expected sha256 \(expected), "
        + "found \(found): let every rank see the same file system"
    }
  }

  private func listed(_ damage: [CheckpointDamage]) -> String {
    let shown = damage.prefix(4).map(\.description).joined(separator: "; ")
    return damage.count > 4 ? "\(shown); and \(damage.count - 4) more" : shown
  }

  private func shown(_ path: String) -> String { String(displaying: path.utf8, limit: 4096) }
}

/// A file of a checkpoint that is not what its manifest says.
package struct CheckpointDamage: Equatable, Sendable, CustomStringConvertible {
  /// The checkpoint's step.
  package let step: Int
  /// The checkpoint's folder.
  package let folder: String
  /// The file's name in the folder.
  package let file: String
  /// What should be there: a digest in hexadecimal digits, or a phrase.
  package let expected: String
  /// What is there: a digest in hexadecimal digits, or a phrase.
  package let found: String

  package var description: String {
    "\(String(displaying: "\(folder)/\(file)".utf8, limit: 4096)): expected \(expected), found \(found)"
  }
}
