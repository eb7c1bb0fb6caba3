import Files
import Tokens

extension BytePairs {
  /// Reads a tokenizer file's `model` of this kind; merges are pairs, in old files "a b".
  ///
  /// - Throws: `TokenizerError.contradiction` if a merge names what is no token, or makes none;
  ///   `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    if let dropout = try json.optionalMember("dropout"), try dropout.double() != 0 {
      throw dropout.mismatch(expected: "null or 0, for tokens are not drawn by chance")
    }
    let options = Options(
      unknown: try json.optionalMember("unk_token")?.bytes(),
      continuingPrefix: try json.optionalMember("continuing_subword_prefix")?.bytes(),
      endSuffix: try json.optionalMember("end_of_word_suffix")?.bytes(),
      fusesUnknown: try json.optionalBool("fuse_unk") ?? false,
      fallsBackToBytes: try json.optionalBool("byte_fallback") ?? false,
      ignoresMerges: try json.optionalBool("ignore_merges") ?? false)
    let vocabulary = try Vocabulary(json.member("vocab"))
    if let unknown = options.unknown, vocabulary.id(of: unknown) == nil {
      throw TokenizerError.contradiction(
        file: json.file, path: json.path + ".unk_token",
        problem: "'\(String(displaying: unknown))' is not in the vocabulary",
        expected: "one of its tokens")
    }
    let merges = try json.member("merges")
    guard let array = merges.value.array else { throw merges.mismatch(expected: "an array") }
    var reader = MergeReader(vocabulary, options, count: array.count)
    for (index, element) in array.enumerated() {
      let path = { "\(merges.path)[\(index)]" }
      if let line = element.bytes {
        try reader.append(line: line, file: json.file, path: path())
      } else if let parts = element.array, parts.count == 2, let left = parts[0].bytes,
        let right = parts[1].bytes
      {
        try reader.append(left, right, file: json.file, path: path())
      } else {
        throw TokenizerError.contradiction(
          file: json.file, path: path(), problem: "it is no merge", expected: "two tokens")
      }
    }
    self.init(vocabulary: vocabulary, merges: reader.merges, options: options)
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    func name(_ id: TokenID) -> JSON { .string(vocabulary.token(of: id) ?? []) }
    return [
      "type": "BPE", "dropout": .null, "unk_token": options.unknown.map { .string($0) } ?? .null,
      "continuing_subword_prefix": options.continuingPrefix.map { .string($0) } ?? .null,
      "end_of_word_suffix": options.endSuffix.map { .string($0) } ?? .null,
      "fuse_unk": JSON(options.fusesUnknown), "byte_fallback": JSON(options.fallsBackToBytes),
      "ignore_merges": JSON(options.ignoresMerges), "vocab": vocabulary.json,
      "merges": JSON(merges.pairs.map { [name($0.left), name($0.right)] }),
    ]
  }

  /// Reads vocab.json and merges.txt, whose first line may be a comment.
  ///
  /// - Throws: as the other does.
  init(vocabulary json: JSONCursor, mergesText bytes: [UInt8], mergesFile: String) throws {
    let vocabulary = try Vocabulary(json)
    let lines = bytes.split(separator: 0x0A)
    var reader = MergeReader(vocabulary, Options(), count: lines.count)
    for (index, line) in lines.enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      guard !line.isEmpty, !line.starts(with: "#version".utf8) else { continue }
      try reader.append(line: Array(line), file: mergesFile, path: "line \(index + 1)")
    }
    self.init(vocabulary: vocabulary, merges: reader.merges)
  }
}

/// Turns the names in merges into numbers.
private struct MergeReader {
  private(set) var merges: MergeTable
  private let vocabulary: Vocabulary
  private let prefix: [UInt8]

  init(_ vocabulary: Vocabulary, _ options: BytePairs.Options, count: Int) {
    merges = MergeTable(capacity: count)
    self.vocabulary = vocabulary
    prefix = options.continuingPrefix ?? []
  }

  mutating func append(line: [UInt8], file: String, path: String) throws {
    let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw TokenizerError.contradiction(
        file: file, path: path, problem: "'\(String(displaying: line))' is no merge",
        expected: "two tokens with a space between them")
    }
    try append(Array(parts[0]), Array(parts[1]), file: file, path: path)
  }

  mutating func append(_ left: [UInt8], _ right: [UInt8], file: String, path: String) throws {
    func id(_ token: [UInt8]) throws -> TokenID {
      guard let id = vocabulary.id(of: token) else {
        throw TokenizerError.contradiction(
          file: file, path: path,
          problem: "'\(String(displaying: token))' is not in the vocabulary",
          expected: "merges of its tokens that make its tokens")
      }
      return id
    }
    let (leftID, rightID) = (try id(left), try id(right))
    guard right.count >= prefix.count else {
      throw TokenizerError.contradiction(
        file: file, path: path,
        problem: "'\(String(displaying: right))' is shorter than the prefix of continued words",
        expected: "at least \(prefix.count) bytes")
    }
    merges.append(leftID, rightID, becomes: try id(left + right.dropFirst(prefix.count)))
  }
}
