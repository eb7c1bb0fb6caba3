public import Diagnostics
import Files

/// Why a file or a list of files cannot be read as text.
public enum TextError: Diagnostic, Equatable {
  /// No file was named.
  case noFiles
  /// Nothing lies at the path.
  case missing(path: String)
  /// The system does not let the file be opened.
  case unreadable(path: String, reason: String)
  /// The path leads to something else than a file: a folder, a pipe, a device or a socket.
  case notAFile(path: String, found: String)
  /// One file is named twice.
  case listedTwice(path: String, first: String)
  /// The file is of a known format that is not text.
  case format(path: String, name: String, advice: String)
  /// The file's name says that the text is in fields, with keys or columns around it.
  case fields(path: String, name: String, advice: String)
  /// The file is UTF-16 or UTF-32.
  case wideCharacters(path: String, encoding: String)
  /// The file has a byte 0, which text has not; offsets count from 0.
  case binary(path: String, offset: UInt64)
  /// The file is not UTF-8; lines count from 1, offsets from 0.
  case invalidUTF8(path: String, line: Int, offset: UInt64, bytes: [UInt8])
  /// The file became another one while it was read.
  case changed(path: String)
  /// All files together have no token.
  case noTokens(path: String, fileCount: Int)

  public var exitCode: ExitCode {
    switch self {
    case .missing, .unreadable: .inputMissing
    case .noFiles: .usage
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .noFiles:
      "training data: no file is named: expected at least one text file: name it after --data"
    case .missing(let path):
      "\(shown(path)): does not exist: expected a text file: check the path"
    case .unreadable(let path, let reason):
      "\(shown(path)): cannot be opened: \(reason): check its permissions and its path"
    case .notAFile(let path, let found):
      "\(shown(path)): not a file: expected a text file, found \(found): "
        + (found == "a folder" ? "name the files in it" : "write its content to a file first")
    case .listedTwice(let path, let first):
      "\(shown(path)): listed twice: it is the same file as \(shown(first)): list it once"
    case .format(let path, let name, let advice):
      "\(shown(path)): not text: expected UTF-8, found \(name): \(advice)"
    case .fields(let path, let name, let advice):
      "\(shown(path)): not plain text: expected text without keys and columns, found \(name) by its "
        + "name: take the text out: \(advice) (or name the file .txt to train on it as it is)"
    case .wideCharacters(let path, let encoding):
      "\(shown(path)): not UTF-8: expected UTF-8, found \(encoding): "
        + "convert it: iconv -f \(encoding) -t UTF-8 FILE > NEWFILE"
    case .binary(let path, let offset):
      "\(shown(path)): not text: expected UTF-8, found a zero byte at offset \(offset): "
        + "give a text file"
    case .invalidUTF8(let path, let line, let offset, let bytes):
      "\(shown(path)): not UTF-8: line \(line), byte offset \(offset): expected UTF-8, found "
        + "\(hexadecimal(bytes)): convert it (from Latin-1: iconv -f ISO-8859-1 -t UTF-8 FILE > "
        + "NEWFILE) or remove these bytes"
    case .changed(let path):
      "\(shown(path)): changed while it was read: expected a file that stays as it is: "
        + "start again when nobody writes to it"
    case .noTokens(let path, let fileCount):
      "\(shown(path))\(fileCount > 1 ? " and \(fileCount - 1) more" : ""): no text: expected words, "
        + "found only blank lines or nothing: give a file with text"
    }
  }

  private func shown(_ path: String) -> String {
    String(displaying: path.utf8, limit: 4096)
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
      .joined(separator: " ")
  }
}
