package import Files

/// A committed checkpoint: a folder of files, and what else belongs to the state of a run.
package struct Checkpoint: Sendable, Equatable {
  /// A file of a checkpoint.
  package struct Piece: Sendable, Equatable {
    /// Its name in the folder.
    package let name: String
    /// Its size in bytes.
    package let byteCount: UInt64
    /// The SHA-256 digest of its bytes, in hexadecimal digits.
    package let sha256: String
  }

  /// The step after which it was saved.
  package let step: Int
  /// Its folder.
  package let folder: String
  /// Its files in the order in which they were written.
  package let pieces: [Piece]
  /// What the caller saved beside the files.
  package let state: JSON
  /// The SHA-256 digest of the manifest, in hexadecimal digits: equal for equal checkpoints.
  package let digest: String

  /// The path of one of its files.
  package func path(of name: String) -> String { "\(folder)/\(name)" }

  /// Opens a checkpoint that another rank has chosen and verified; its files are not read.
  ///
  /// - Parameters:
  ///   - folder: The checkpoint's folder.
  ///   - digest: The digest that the other rank found.
  /// - Returns: The checkpoint.
  /// - Throws: `CheckpointError.ranksDisagree` if there is another one or none here.
  package static func open(_ folder: String, digest: String) throws -> Checkpoint {
    let manifest = "\(folder)/\(CheckpointManifest.fileName)"
    switch try CheckpointManifest.read(folder) {
    case .success(let checkpoint) where checkpoint.digest == digest: return checkpoint
    case .success(let checkpoint):
      throw CheckpointError.ranksDisagree(
        manifest: manifest, expected: digest, found: checkpoint.digest)
    case .failure(let damage):
      throw CheckpointError.ranksDisagree(manifest: manifest, expected: digest, found: damage.found)
    }
  }
}
