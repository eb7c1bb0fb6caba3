import Files

extension Normalizer {
  private static let supported =
    [
      "BertNormalizer", "Strip", "StripAccents", "Lowercase", "Nmt", "Precompiled", "Replace",
      "Prepend", "ByteLevel", "Sequence",
    ] + UnicodeForm.allCases.map(\.rawValue)

  /// Reads a tokenizer file's `normalizer`.
  ///
  /// - Throws: `TokenizerError.unsupported`, or `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor?) throws {
    guard let json else {
      self = .none
      return
    }
    let kind = try json.member("type")
    switch try kind.string() {
    case "BertNormalizer":
      self = .bert(
        BertNormalizer(
          cleansText: try json.optionalBool("clean_text") ?? true,
          spacesIdeographs: try json.optionalBool("handle_chinese_chars") ?? true,
          stripsAccents: try json.optionalBool("strip_accents"),
          lowercases: try json.optionalBool("lowercase") ?? true))
    case "Lowercase": self = .lowercase
    case "StripAccents": self = .stripAccents
    case "Strip":
      self = .strip(
        left: try json.optionalBool("strip_left") ?? true,
        right: try json.optionalBool("strip_right") ?? true)
    case "Nmt": self = .nmt
    case "ByteLevel": self = .byteLevel
    case "Prepend": self = .prepend(try json.member("prepend").scalars())
    case "Replace":
      self = .replace(
        try TextPattern(json.member("pattern")), content: try json.member("content").scalars())
    case "Precompiled":
      self = .precompiled(try PrecompiledMap(json.member("precompiled_charsmap")))
    case "Sequence":
      self = .sequence(try json.elements("normalizers").map { try Normalizer($0) })
    case let name:
      guard let form = UnicodeForm(rawValue: name) else {
        throw TokenizerError.unsupported(
          file: json.file, path: kind.path, found: name, supported: Self.supported)
      }
      self = .form(form)
    }
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .none: .null
    case .bert(let bert):
      [
        "type": "BertNormalizer", "clean_text": JSON(bert.cleansText),
        "handle_chinese_chars": JSON(bert.spacesIdeographs),
        "strip_accents": bert.stripsAccents.map { JSON($0) } ?? .null,
        "lowercase": JSON(bert.lowercases),
      ]
    case .form(let form): ["type": JSON(form.rawValue)]
    case .lowercase: ["type": "Lowercase"]
    case .stripAccents: ["type": "StripAccents"]
    case .strip(let left, let right):
      ["type": "Strip", "strip_left": JSON(left), "strip_right": JSON(right)]
    case .nmt: ["type": "Nmt"]
    case .byteLevel: ["type": "ByteLevel"]
    case .prepend(let scalars): ["type": "Prepend", "prepend": JSON(scalars: scalars)]
    case .replace(let pattern, let content):
      ["type": "Replace", "pattern": pattern.json, "content": JSON(scalars: content)]
    case .precompiled(let map):
      ["type": "Precompiled", "precompiled_charsmap": .string(map.encoded)]
    case .sequence(let parts):
      ["type": "Sequence", "normalizers": JSON(parts.map(\.json))]
    }
  }
}

extension PrecompiledMap {
  /// Reads a map in base 64.
  ///
  /// - Throws: `TokenizerError.contradiction` if it is none, `JSONError` if this is no string.
  fileprivate init(_ json: JSONCursor) throws {
    let bytes = Base64.decode(try json.bytes()) ?? []
    guard let map = PrecompiledMap(bytes) else {
      throw TokenizerError.contradiction(
        file: json.file, path: json.path, problem: "it is no map of characters",
        expected: "a double-array trie in base 64")
    }
    self = map
  }
}

extension JSON {
  /// A string of Unicode scalars.
  init(scalars: [UInt32]) {
    var bytes: [UInt8] = []
    for scalar in scalars { UTF8Decoder.encode(scalar, into: &bytes) }
    self = .string(bytes)
  }
}

extension JSONCursor {
  /// This string's Unicode scalars.
  ///
  /// - Throws: `JSONError` if this is no string.
  func scalars() throws -> [UInt32] {
    UTF8Decoder.scalars(of: try bytes())
  }

  /// This string's only Unicode scalar.
  ///
  /// - Throws: `JSONError` if this is no string of one scalar.
  func scalar() throws -> UInt32 {
    let scalars = try scalars()
    guard scalars.count == 1 else { throw mismatch(expected: "one character") }
    return scalars[0]
  }
}
