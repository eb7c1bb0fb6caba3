import Files

/// What a cache says about the tokens of one content: the file `index.json` beside their parts.
struct CacheIndex: Equatable {
  /// A file of the entry.
  struct Part: Equatable {
    var file: String
    var tokenCount: Int
    var byteCount: Int
    /// In hexadecimal digits.
    var sha256: String
  }

  static let fileName = "index.json"
  /// Changes whenever tokens are found or written in another way.
  static let format = 2

  var key: String
  var width: TokenWidth
  var vocabularySize: Int
  var documentCount: Int
  /// Separators between documents not counted.
  var wordTokenCount: Int
  /// How often each token occurs, eight bytes each.
  var counts: Part
  /// The stream of tokens, in order.
  var parts: [Part]

  var tokenCount: Int { parts.reduce(0) { $0 + $1.tokenCount } }

  /// All files of the entry but the index itself.
  var files: [Part] { parts + [counts] }

  /// The index as it is written.
  var serialized: [UInt8] {
    JSON([
      ("format", JSON(Self.format)), ("key", JSON(key)), ("bytes_per_token", JSON(width.rawValue)),
      ("vocabulary_size", JSON(vocabularySize)), ("document_count", JSON(documentCount)),
      ("word_token_count", JSON(wordTokenCount)), ("counts", Self.json(counts)),
      ("parts", JSON(parts.map(Self.json))),
    ]).serialized(pretty: true)
  }

  private static func json(_ part: Part) -> JSON {
    JSON([
      ("file", JSON(part.file)), ("token_count", JSON(part.tokenCount)),
      ("byte_count", JSON(part.byteCount)), ("sha256", JSON(part.sha256)),
    ])
  }
}

extension CacheIndex {
  /// Reads an index.
  ///
  /// - Throws: an error that says what is wrong with it.
  init(_ bytes: [UInt8], file: String) throws {
    let json = JSONCursor(try JSON.parse(bytes, file: file), file: file)
    guard try json.int("format") == Self.format else {
      throw try json.member("format").mismatch(expected: "\(Self.format)")
    }
    guard let width = TokenWidth(rawValue: try json.int("bytes_per_token")) else {
      throw try json.member("bytes_per_token").mismatch(expected: "2 or 4")
    }
    self.width = width
    key = try json.string("key")
    vocabularySize = try json.int("vocabulary_size")
    documentCount = try json.int("document_count")
    wordTokenCount = try json.int("word_token_count")
    counts = try Part(json.member("counts"))
    parts = try json.elements("parts").map { try Part($0) }
    for part in parts where part.byteCount != width.byteCount(of: part.tokenCount) {
      throw try json.member("parts").mismatch(expected: "sizes that fit the numbers of tokens")
    }
    guard counts.byteCount == vocabularySize * 8 else {
      throw try json.member("counts").mismatch(expected: "8 bytes for each token of the vocabulary")
    }
  }
}

extension CacheIndex.Part {
  init(_ json: JSONCursor) throws {
    file = try json.string("file")
    tokenCount = try json.int("token_count")
    byteCount = try json.int("byte_count")
    sha256 = try json.string("sha256")
    guard tokenCount >= 0, byteCount >= 0, !file.contains("/") else {
      throw json.mismatch(expected: "a file of this folder and its size")
    }
  }
}
