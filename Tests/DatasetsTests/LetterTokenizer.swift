import Tokenizers

/// A WordPiece tokenizer that knows the letters, the full stop and one word: `the` is 58.
enum LetterTokenizer {
  static let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
  static let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
  static let separator: Int32 = 3

  static func make(moreWords: [String] = []) throws -> Tokenizer {
    let words = special + letters + letters.map { "##" + $0 } + [".", "the"] + moreWords
    let vocabulary = words.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let added = special.enumerated().map {
      """
      {"id": \($0), "content": "\($1)", "single_word": false, "lstrip": false, "rstrip": false, \
      "normalized": false, "special": true}
      """
    }.joined(separator: ", ")
    let json = """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [\(added)],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": null,
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100, "vocab": {\(vocabulary)}}}
      """
    return try Tokenizer(json: Array(json.utf8), file: "letters.json")
  }
}
