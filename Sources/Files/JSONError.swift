package import Diagnostics

/// What is wrong with a JSON text or with a value in it.
package enum JSONError: Diagnostic, Equatable {
  /// The text breaks JSON's grammar; `offset` counts bytes from 0, line and column from 1.
  case malformed(
    file: String, offset: Int, line: Int, column: Int, expected: String, found: String)
  /// One object has the same key twice; `depth` is 1 for the outermost object.
  case duplicateKey(file: String, offset: Int, key: [UInt8], depth: Int)
  /// Arrays and objects are nested deeper than the reader goes.
  case tooDeep(file: String, offset: Int, limit: Int)
  /// An object lacks a key; `path` leads to it.
  case missing(file: String, path: String)
  /// A value has another type or range than is needed.
  case mismatch(file: String, path: String, expected: String, found: String)

  package var exitCode: ExitCode { .data }

  package var description: String {
    switch self {
    case .malformed(let file, let offset, let line, let column, let expected, let found):
      "\(shown(file)): byte \(offset) (line \(line), column \(column)): not valid JSON: "
        + "expected \(expected), found \(found): repair the file"
    case .duplicateKey(let file, let offset, let key, _):
      "\(shown(file)): byte \(offset): the key '\(String(displaying: key))' appears twice in one "
        + "object: expected each key once: remove one of the two"
    case .tooDeep(let file, let offset, let limit):
      "\(shown(file)): byte \(offset): nested too deeply: expected at most \(limit) levels: "
        + "flatten the file"
    case .missing(let file, let path):
      "\(shown(file)): '\(path)' is missing: add it"
    case .mismatch(let file, let path, let expected, let found):
      "\(shown(file)): '\(path)' is wrong: expected \(expected), found \(found): change it"
    }
  }

  private func shown(_ file: String) -> String { String(displaying: file.utf8, limit: 4096) }
}
