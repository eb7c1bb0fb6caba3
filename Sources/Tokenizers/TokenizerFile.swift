import Files
import Tokens

/// What a tokenizer.json holds.
struct TokenizerFile: Sendable {
  var normalizer: Normalizer
  var preTokenizer: PreTokenizer
  var model: TokenizerModel
  var postProcessor: PostProcessor
  var decoder: TokenDecoder
  var addedTokens: [AddedToken]
  /// How the file wants texts cut.
  private(set) var truncation: Truncation?
  /// How the file wants encodings filled up.
  private(set) var padding: Padding?
  private var truncationJSON: JSON = .null
  private var paddingJSON: JSON = .null

  init(
    normalizer: Normalizer, preTokenizer: PreTokenizer, model: TokenizerModel,
    postProcessor: PostProcessor, decoder: TokenDecoder, addedTokens: [AddedToken]
  ) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.postProcessor = postProcessor
    self.decoder = decoder
    self.addedTokens = addedTokens
  }

  /// Reads a tokenizer.json and checks that its parts agree.
  ///
  /// - Throws: `TokenizerError`, or `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    normalizer = try Normalizer(json.optionalMember("normalizer"))
    // Looked at before the vocabulary, which may be large.
    preTokenizer = try PreTokenizer(json.optionalMember("pre_tokenizer"))
    model = try TokenizerModel(json.member("model"))
    postProcessor = try PostProcessor(json.optionalMember("post_processor"))
    decoder = try TokenDecoder(json.optionalMember("decoder"))
    addedTokens = try json.optionalMember("added_tokens")?.elements().map(AddedToken.init) ?? []
    if let truncation = try json.optionalMember("truncation") {
      self.truncation = try Truncation(truncation)
      truncationJSON = truncation.value
    }
    if let padding = try json.optionalMember("padding") {
      self.padding = try Padding(padding)
      paddingJSON = padding.value
    }
    try check(file: json.file)
  }

  /// Checks that the parts agree.
  ///
  /// - Throws: `TokenizerError.contradiction`.
  func check(file: String) throws {
    try checkAddedTokens(file: file)
    try checkSpecialPieces(file: file)
  }

  /// The tokenizer.json, as Hugging Face tokenizers writes it.
  var json: JSON {
    [
      "version": "1.0", "truncation": truncationJSON, "padding": paddingJSON,
      "added_tokens": JSON(addedTokens.map(\.json)), "normalizer": normalizer.json,
      "pre_tokenizer": preTokenizer.json, "post_processor": postProcessor.json,
      "decoder": decoder.json, "model": model.json,
    ]
  }

  /// Added tokens have the vocabulary's numbers, or such as it does not use.
  private func checkAddedTokens(file: String) throws {
    let vocabulary = model.vocabulary
    let limit = Vocabulary.limit(forCount: vocabulary.count + addedTokens.count)
    var contents = ByteStrings()
    var owners: [TokenID: [UInt8]] = [:]
    for (index, token) in addedTokens.enumerated() {
      let shown = String(displaying: token.content)
      func fail(_ problem: String, _ expected: String) -> TokenizerError {
        .contradiction(
          file: file, path: "added_tokens[\(index)]", problem: problem, expected: expected)
      }
      let hash = ByteHash().adding(token.content.span)
      guard contents.place(of: token.content.span, hash: hash) == nil else {
        throw fail("'\(shown)' is added twice", "each token once")
      }
      contents.append(token.content.span, hash: hash)
      if let id = vocabulary.id(of: token.content) {
        guard id == token.id else {
          throw fail("'\(shown)' has the number \(token.id)", "\(id), as in the vocabulary")
        }
      } else if let other = vocabulary.token(of: token.id) ?? owners[token.id] {
        throw fail(
          "'\(shown)' has the number \(token.id), as '\(String(displaying: other))' has",
          "a number for each token")
      }
      guard token.id < limit else {
        throw fail("'\(shown)' has the number \(token.id)", "less than \(limit)")
      }
      owners[token.id] = token.content
    }
  }

  /// The post-processor's tokens are in the vocabulary or were added.
  private func checkSpecialPieces(file: String) throws {
    for piece in postProcessor.specialPieces {
      for (id, token) in zip(piece.ids, piece.tokens) {
        let found =
          addedTokens.first { $0.id == id }?.content ?? model.vocabulary.token(of: id)
        guard found != token else { continue }
        throw TokenizerError.contradiction(
          file: file, path: "post_processor",
          problem: "it names '\(String(displaying: token))' with the number \(id)",
          expected: found.map { "'\(String(displaying: $0))', the token of this number" }
            ?? "a number of the vocabulary")
      }
    }
  }
}
