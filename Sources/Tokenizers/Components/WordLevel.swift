import Files
import Tokens

/// Spells words by the vocabulary as a whole: a word is a token or unknown.
///
/// Source: `tokenizers.models.WordLevel`.
struct WordLevel: Sendable {
  let vocabulary: Vocabulary
  /// What stands for a word that the vocabulary does not have.
  let unknown: TokenID

  /// Spells the word in `word`.
  ///
  /// - Parameters:
  ///   - word: The word, which is not empty.
  ///   - pieces: Where its token is appended, with the place of its bytes.
  func spell(_ word: inout WordScratch, into pieces: inout [Piece]) {
    let id = vocabulary.id(of: word.bytes) ?? unknown
    pieces.append(Piece(id: id, range: 0..<word.bytes.count))
  }
}

extension WordLevel {
  /// Reads a tokenizer file's `model` of this kind.
  ///
  /// - Throws: `TokenizerError.contradiction` if the unknown token is not in the vocabulary, `JSONError`
  ///   where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    vocabulary = try Vocabulary(json.member("vocab"))
    unknown = try vocabulary.unknownToken(named: json.member("unk_token").bytes(), json)
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    [
      "type": "WordLevel", "vocab": vocabulary.json,
      "unk_token": .string(vocabulary.token(of: unknown) ?? []),
    ]
  }
}
