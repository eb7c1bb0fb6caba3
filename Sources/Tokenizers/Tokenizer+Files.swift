import Files
import Synchronization
import Tokens

extension Tokenizer {
  /// Opens a tokenizer.
  ///
  /// - Parameters:
  ///   - path: A tokenizer.json, a vocab.txt, a vocab.json with a merges.txt beside it, a SentencePiece
  ///     model, or a folder that has one of them. A tokenizer_config.json and a special_tokens_map.json beside them name the special tokens, and
  ///     for a vocab.txt the former says how text is normalized.
  ///   - names: Special tokens that count more than what these files say.
  /// - Returns: The tokenizer.
  /// - Throws: `TokenizerError`, or an error of the file system or of JSON's form, which names the file.
  public static func load(
    _ path: String, names: SpecialTokenNames = SpecialTokenNames()
  ) throws -> Tokenizer {
    var file = path
    if case .folder = try File.kind(of: path) {
      let candidates = Self.fileNames.map { path + "/" + $0 }
      guard let found = candidates.first(where: File.exists) else {
        throw TokenizerError.noTokenizer(path: path)
      }
      file = found
    }
    guard File.exists(file) else { throw TokenizerError.noTokenizer(path: path) }
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    let configuration = try Self.cursor(folder + "tokenizer_config.json")
    var names = names
    for other in [configuration, try Self.cursor(folder + "special_tokens_map.json")] {
      if let other { names = names.filled(from: try SpecialTokenNames(other)) }
    }
    if file.hasSuffix(".model") {
      let model = try SentencePieceModel(File.read(file), file: file)
      return Tokenizer(try TokenizerFile(model, file: file), names: names)
    }
    if file.hasSuffix("vocab.json") {
      let model = try BytePairs(
        vocabulary: .read(file), mergesText: File.read(folder + "merges.txt"),
        mergesFile: folder + "merges.txt")
      let addsSpace = try configuration?.optionalBool("add_prefix_space") ?? false
      return Tokenizer(.byteLevel(model, names: names, addsPrefixSpace: addsSpace), names: names)
    }
    guard file.hasSuffix(".txt") else {
      return try Tokenizer(json: File.read(file), file: file, names: names)
    }
    return try Tokenizer(
      vocabularyText: File.read(file), file: file, configuration: configuration, names: names)
  }

  /// Reads a tokenizer.json.
  ///
  /// - Parameters:
  ///   - json: The file's bytes.
  ///   - file: The name that errors give to it.
  ///   - names: The special tokens, where it is not plain from their names.
  /// - Throws: `TokenizerError`, or an error of JSON's form.
  public convenience init(
    json: [UInt8], file: String, names: SpecialTokenNames = SpecialTokenNames()
  ) throws {
    let json = JSONCursor(try JSON.parse(json, file: file), file: file)
    self.init(try TokenizerFile(json), names: names)
  }

  /// Returns the bytes of a tokenizer.json that Hugging Face tokenizers reads; the same tokenizer always
  /// gives the same bytes.
  public func serialized() -> [UInt8] { file.json.serialized(pretty: true) }

  /// The SHA-256 digest of `serialized()` in hexadecimal digits: two tokenizers have the same exactly if
  /// they are the same.
  public var fingerprint: String {
    knownFingerprint.withLock { known in
      let fingerprint = known ?? SHA256.digest(of: serialized()).hex
      known = fingerprint
      return fingerprint
    }
  }

  /// Makes a tokenizer_config.json with which Transformers opens the tokenizer.
  ///
  /// - Parameters:
  ///   - maximumLength: The longest sequence that the model takes, in tokens.
  ///   - hasTypeIDs: Whether the model takes the types of tokens (BERT does, DistilBERT does not).
  /// - Returns: The file's bytes.
  public func configurationFile(maximumLength: Int, hasTypeIDs: Bool = true) -> [UInt8] {
    var object = JSONObject()
    object["tokenizer_class"] = "PreTrainedTokenizerFast"
    object["model_max_length"] = JSON(maximumLength)
    object["clean_up_tokenization_spaces"] = false
    object["model_input_names"] =
      hasTypeIDs
      ? ["input_ids", "token_type_ids", "attention_mask"] : ["input_ids", "attention_mask"]
    for role in SpecialTokenNames.Role.allCases {
      if let name = name(of: role) { object[role.configurationKey] = .string(name) }
    }
    return JSON.object(object).serialized(pretty: true) + [0x0A]
  }

  /// What is looked for in a folder.
  private static let fileNames = [
    "tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model",
    "tokenizer.model",
  ]

  private static func cursor(_ path: String) throws -> JSONCursor? {
    File.exists(path) ? try JSONCursor.read(path) : nil
  }

  /// Reads a vocab.txt, a token a line; of a token that appears twice the last line counts.
  ///
  /// - Throws: `TokenizerError.contradiction` if it lacks the unknown token.
  private convenience init(
    vocabularyText bytes: [UInt8], file: String, configuration: JSONCursor?,
    names: SpecialTokenNames
  ) throws {
    var strings = ByteStrings(capacity: bytes.count / 8)
    var ids: [TokenID] = []
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (number, line) in lines.enumerated() {
      let token = line.last == 0x0D ? line.dropLast() : line
      guard token.count <= WordPiece.longestPiece else {
        throw TokenizerError.contradiction(
          file: file, path: "line \(number + 1)", problem: "the token has \(token.count) bytes",
          expected: "at most \(WordPiece.longestPiece)")
      }
      let hash = ByteHash().adding(token.span)
      let place = strings.insert(token.span, hash: hash)
      if place == ids.count { ids.append(0) }
      ids[place] = TokenID(number)
    }
    let vocabulary = Vocabulary(strings, ids: ids)
    let unknownName = names.unknown ?? "[UNK]"
    guard let unknown = vocabulary.id(of: Array(unknownName.utf8)) else {
      throw TokenizerError.contradiction(
        file: file, path: "unk_token", problem: "'\(unknownName)' is not in the vocabulary",
        expected: "a line with it")
    }
    let normalizer = BertNormalizer(
      spacesIdeographs: try configuration?.optionalBool("tokenize_chinese_chars") ?? true,
      stripsAccents: try configuration?.optionalBool("strip_accents"),
      lowercases: try configuration?.optionalBool("do_lower_case") ?? true)
    self.init(
      .bert(WordPiece(vocabulary: vocabulary, unknown: unknown), normalizer, names: names),
      names: names)
  }
}
