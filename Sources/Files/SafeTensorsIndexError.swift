package import Diagnostics

/// What is wrong with a `model.safetensors.index.json` or with the files that it names.
package struct SafeTensorsIndexError: Diagnostic, Equatable {
  /// The rule that is broken; names of tensors and files are bytes.
  package enum Problem: Equatable, Sendable {
    /// A file's name is none of a safetensors file in the index's own folder.
    case forbiddenFile([UInt8], tensor: [UInt8])
    /// The index names no file or more than are read.
    case fileCount(Int, limit: Int)
    /// A file that the index names does not exist.
    case missingFile(String, missingCount: Int, fileCount: Int)
    /// A file lacks a tensor that it should have.
    case missingTensor([UInt8], file: String)
    /// A file has a tensor that should lie in another one, or in none.
    case strayTensor([UInt8], file: String, expected: String?)
    /// All tensors together have another size than the index says.
    case totalSize(UInt64, expected: UInt64)
  }

  /// The path of the index.
  package let index: String
  /// What is wrong.
  package let problem: Problem

  package init(index: String, problem: Problem) {
    (self.index, self.problem) = (index, problem)
  }

  package var exitCode: ExitCode { .data }

  package var description: String {
    "\(String(displaying: index.utf8, limit: 4096)): \(rule): download or export the model again"
  }

  private var rule: String {
    switch problem {
    case .forbiddenFile(let file, let tensor):
      "the file of tensor \(shown(tensor)) is wrong: expected the name of a .safetensors file in "
        + "the same folder, found \(shown(file))"
    case .fileCount(let count, let limit):
      "'weight_map' names \(count) files: expected 1 to \(limit)"
    case .missingFile(let file, let missingCount, let fileCount):
      "\(shown(Array(file.utf8)))"
        + (missingCount > 1 ? " and \(missingCount - 1) more" : "")
        + " of its \(fileCount) files \(missingCount > 1 ? "are" : "is") missing"
    case .missingTensor(let tensor, let file):
      "tensor \(shown(tensor)) is missing in \(shown(Array(file.utf8)))"
    case .strayTensor(let tensor, let file, let expected):
      "tensor \(shown(tensor)) lies in \(shown(Array(file.utf8))): expected it in "
        + (expected.map { shown(Array($0.utf8)) + " only" } ?? "none of the files")
    case .totalSize(let found, let expected):
      "'total_size' is wrong: expected \(expected) bytes, found \(found) in the files"
    }
  }

  private func shown(_ name: [UInt8]) -> String { "'\(String(displaying: name))'" }
}
