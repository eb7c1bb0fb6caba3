import Files
import Tokens

/// The third part of a tokenizer: spells words in tokens.
///
/// A new kind is a case here.
enum TokenizerModel: Sendable {
  case wordPiece(WordPiece)
  case bytePairs(BytePairs)
  case unigram(Unigram)
  case wordLevel(WordLevel)

  /// Reads a tokenizer file's `model`.
  ///
  /// - Throws: `TokenizerError.unsupported` or `.contradiction`, or `JSONError` where the file's form
  ///   is wrong.
  init(_ json: JSONCursor) throws {
    switch try Self.kind(of: json) {
    case "WordPiece": self = .wordPiece(try WordPiece(json))
    case "BPE": self = .bytePairs(try BytePairs(json))
    case "Unigram": self = .unigram(try Unigram(json))
    case "WordLevel": self = .wordLevel(try WordLevel(json))
    case let name:
      throw TokenizerError.unsupported(
        file: json.file, path: try json.member("type").path, found: name,
        supported: ["WordPiece", "BPE", "Unigram", "WordLevel"])
    }
  }

  /// The kind that a file names; old files do not, but have settings that only one kind has.
  private static func kind(of json: JSONCursor) throws -> String {
    if let kind = try json.optionalMember("type") { return try kind.string() }
    if json.value["merges"] != nil { return "BPE" }
    if json.value["max_input_chars_per_word"] != nil { return "WordPiece" }
    if json.value["vocab"]?.array != nil { return "Unigram" }
    if json.value["vocab"] != nil, json.value["unk_token"] != nil { return "WordLevel" }
    return try json.member("type").string()
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .wordPiece(let model): model.json
    case .bytePairs(let model): model.json
    case .unigram(let model): model.json
    case .wordLevel(let model): model.json
    }
  }

  var vocabulary: Vocabulary {
    switch self {
    case .wordPiece(let model): model.vocabulary
    case .bytePairs(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    }
  }

  /// What stands for text that cannot be spelt.
  var unknown: TokenID? {
    switch self {
    case .wordPiece(let model): model.unknown
    case .bytePairs(let model): model.unknownID
    case .unigram(let model): model.unknown
    case .wordLevel(let model): model.unknown
    }
  }

  /// Appends the tokens of one word, `scalars[word]`, which is not empty, with the places of their
  /// scalars.
  func spell(
    _ word: Range<Int>, of scalars: [UInt32], _ workspace: inout WordWorkspace,
    into pieces: inout [Piece]
  ) {
    switch self {
    case .wordPiece(let model):
      model.spell(word, of: scalars, scratch: &workspace.scratch, into: &pieces)
    case .bytePairs(let model):
      workspace.spell(word, of: scalars, into: &pieces) { model.spell(&$0, into: &$1) }
    case .unigram(let model):
      workspace.spell(word, of: scalars, into: &pieces) { model.spell(&$0, into: &$1) }
    case .wordLevel(let model):
      workspace.spell(word, of: scalars, into: &pieces) { model.spell(&$0, into: &$1) }
    }
  }
}

extension WordPiece {
  /// Reads a tokenizer file's `model` of this kind.
  fileprivate init(_ json: JSONCursor) throws {
    let vocabulary = try Vocabulary(json.member("vocab"))
    let name = try json.optionalMember("unk_token")?.bytes() ?? Array("[UNK]".utf8)
    let unknown = try vocabulary.unknownToken(named: name, json)
    let prefix = try json.optionalMember("continuing_subword_prefix")?.bytes()
    let longest = try json.optionalInt("max_input_chars_per_word") ?? 100
    guard longest >= 0 else {
      throw try json.member("max_input_chars_per_word").mismatch(expected: "0 or more")
    }
    self.init(
      vocabulary: vocabulary, unknown: unknown, continuingPrefix: prefix ?? Array("##".utf8),
      maximumWordLength: longest)
  }

  fileprivate var json: JSON {
    [
      "type": "WordPiece", "unk_token": .string(vocabulary.token(of: unknown) ?? []),
      "continuing_subword_prefix": .string(continuingPrefix),
      "max_input_chars_per_word": JSON(maximumWordLength),
      "vocab": vocabulary.json,
    ]
  }
}

extension Vocabulary {
  /// How large numbers may be where there are `count` tokens: tables grow with the largest number.
  static func limit(forCount count: Int) -> Int { 4 * count + 65_536 }

  /// Reads an object of tokens and their numbers.
  ///
  /// - Throws: `JSONError` where a value is no number of a token, `TokenizerError.contradiction` where
  ///   two tokens have one number, or a number is far beyond the count of tokens.
  init(_ json: JSONCursor) throws {
    let members = try json.object().members
    let limit = Self.limit(forCount: members.count)
    var strings = ByteStrings(capacity: members.count)
    var ids: [TokenID] = []
    ids.reserveCapacity(members.count)
    var places = [Int32](repeating: -1, count: limit)
    for (place, member) in members.enumerated() {
      let path = { "\(json.path).\(String(displaying: member.key))" }
      guard let id = member.value.int, (0..<limit).contains(id) else {
        throw TokenizerError.contradiction(
          file: json.file, path: path(),
          problem: "the number is \(String(displaying: member.value.serialized()))",
          expected: "a whole number from 0 to \(limit - 1) for \(members.count) tokens")
      }
      guard places[id] < 0 else {
        let other = String(displaying: members[Int(places[id])].key)
        throw TokenizerError.contradiction(
          file: json.file, path: path(), problem: "it has the number \(id), as '\(other)' has",
          expected: "a number for each token")
      }
      guard member.key.count <= WordPiece.longestPiece else {
        throw TokenizerError.contradiction(
          file: json.file, path: path(), problem: "the token has \(member.key.count) bytes",
          expected: "at most \(WordPiece.longestPiece)")
      }
      places[id] = Int32(place)
      ids.append(TokenID(id))
      strings.append(member.key.span, hash: ByteHash().adding(member.key.span))
    }
    self.init(strings, ids: ids)
  }

  /// Finds the unknown token of a tokenizer file's `model`.
  ///
  /// - Throws: `TokenizerError.contradiction` if there is no token of this name.
  func unknownToken(named name: [UInt8], _ model: JSONCursor) throws -> TokenID {
    guard let unknown = id(of: name) else {
      throw TokenizerError.contradiction(
        file: model.file, path: model.path + ".unk_token",
        problem: "'\(String(displaying: name))' is not in the vocabulary",
        expected: "one of its tokens")
    }
    return unknown
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    var entries: [JSONObject.Member] = []
    entries.reserveCapacity(count)
    forEachToken { id, token in entries.append((token, JSON(id))) }
    return .object(JSONObject(distinct: entries))
  }
}
