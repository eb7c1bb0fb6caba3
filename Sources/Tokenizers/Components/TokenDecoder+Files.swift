import Files

extension TokenDecoder {
  private static let supported = [
    "WordPiece", "ByteLevel", "Metaspace", "BPEDecoder", "ByteFallback", "Replace", "Strip", "Fuse",
    "CTC", "Sequence",
  ]

  /// Reads a tokenizer file's `decoder`.
  ///
  /// - Throws: `TokenizerError.unsupported`, or `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor?) throws {
    guard let json else {
      self = .none
      return
    }
    let kind = try json.member("type")
    switch try kind.string() {
    case "WordPiece":
      self = .wordPiece(
        prefix: try json.optionalMember("prefix")?.bytes() ?? Array("##".utf8),
        cleansUp: try json.optionalBool("cleanup") ?? true)
    case "ByteLevel": self = .byteLevel(try ByteLevelPreTokenizer(json))
    case "Metaspace": self = .metaspace(try Metaspace(json))
    case "BPEDecoder":
      self = .bytePairs(
        suffix: try json.optionalMember("suffix")?.bytes() ?? Array("</w>".utf8))
    case "ByteFallback": self = .byteFallback
    case "Replace":
      self = .replace(
        try TextPattern(json.member("pattern")), content: try json.member("content").bytes())
    case "Strip":
      let (start, stop) = (try json.int("start"), try json.int("stop"))
      guard start >= 0, stop >= 0 else {
        throw json.mismatch(expected: "start and stop of 0 or more")
      }
      self = .strip(try json.member("content").scalar(), start: start, stop: stop)
    case "Fuse": self = .fuse
    case "CTC":
      self = .ctc(
        padding: try json.optionalMember("pad_token")?.bytes() ?? Array("<pad>".utf8),
        wordDelimiter: try json.optionalMember("word_delimiter_token")?.bytes() ?? [0x7C],
        cleansUp: try json.optionalBool("cleanup") ?? true)
    case "Sequence":
      self = .sequence(try json.elements("decoders").map { try TokenDecoder($0) })
    case let name:
      throw TokenizerError.unsupported(
        file: json.file, path: kind.path, found: name, supported: Self.supported)
    }
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .none: .null
    case .wordPiece(let prefix, let cleansUp):
      ["type": "WordPiece", "prefix": .string(prefix), "cleanup": JSON(cleansUp)]
    case .byteLevel(let byteLevel): byteLevel.json
    case .metaspace(let metaspace): metaspace.json
    case .bytePairs(let suffix): ["type": "BPEDecoder", "suffix": .string(suffix)]
    case .byteFallback: ["type": "ByteFallback"]
    case .replace(let pattern, let content):
      ["type": "Replace", "pattern": pattern.json, "content": .string(content)]
    case .strip(let scalar, let start, let stop):
      [
        "type": "Strip", "content": JSON(scalars: [scalar]), "start": JSON(start),
        "stop": JSON(stop),
      ]
    case .fuse: ["type": "Fuse"]
    case .ctc(let padding, let wordDelimiter, let cleansUp):
      [
        "type": "CTC", "pad_token": .string(padding),
        "word_delimiter_token": .string(wordDelimiter), "cleanup": JSON(cleansUp),
      ]
    case .sequence(let parts): ["type": "Sequence", "decoders": JSON(parts.map(\.json))]
    }
  }
}
