public import Diagnostics
import Files

/// What is wrong with a tokenizer, or with what is asked of it.
public enum TokenizerError: Diagnostic, Equatable {
  /// A file names a part that Lockstep does not have.
  case unsupported(file: String, path: String, found: String, supported: [String])
  /// The parts of a file contradict each other.
  case contradiction(file: String, path: String, problem: String, expected: String)
  /// There is no tokenizer at a path.
  case noTokenizer(path: String)
  /// A special token is needed that the vocabulary does not have.
  case missingSpecialToken(role: String, names: [String])
  /// A text cannot be cut to a length.
  case cannotCut(length: Int, problem: String)
  /// A vocabulary of the size asked for cannot hold what every vocabulary needs.
  case vocabularyTooSmall(size: Int, minimum: Int)
  /// A text has no word that a vocabulary could be learnt from.
  case noWords
  /// Counts of words that came from elsewhere are damaged.
  case damagedCounts(offset: Int, problem: String)

  public var exitCode: ExitCode {
    switch self {
    case .noTokenizer: .inputMissing
    case .vocabularyTooSmall, .cannotCut: .usage
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .unsupported(let file, let path, let found, let supported):
      "\(Self.shown(file)): '\(Self.shown(path))': the tokenizer component '\(Self.shown(found))' "
        + "is not supported: supported: \(supported.joined(separator: ", ")): "
        + "choose a tokenizer made of these"
    case .contradiction(let file, let path, let problem, let expected):
      "\(Self.shown(file)): '\(Self.shown(path))': \(problem): expected \(expected): "
        + "repair the file or save the tokenizer anew"
    case .noTokenizer(let path):
      "\(Self.shown(path)): no tokenizer is here: expected tokenizer.json, vocab.txt, vocab.json "
        + "with merges.txt or a SentencePiece model, or a folder with one of them: give another path"
    case .missingSpecialToken(let role, let names):
      "tokenizer: it has no \(role) token: expected \(names.joined(separator: " or ")) in the "
        + "vocabulary: choose a tokenizer made for masked language models"
    case .cannotCut(let length, let problem):
      "maximum length: \(length) leaves no room: \(problem): ask for more, or for a smaller stride"
    case .vocabularyTooSmall(let size, let minimum):
      "vocabulary size: \(size) is too small: expected at least \(minimum), the special tokens and "
        + "the letters that its kind cannot do without: ask for more"
    case .noWords:
      "vocabulary: the text has no words: expected some text to learn from: give other files"
    case .damagedCounts(let offset, let problem):
      "word counts: byte \(offset): \(problem): expected what WordCounts.serialized() wrote: "
        + "count the words again"
    }
  }

  private static func shown(_ text: String) -> String { String(displaying: text.utf8, limit: 4096) }
}
