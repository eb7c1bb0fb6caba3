import Files

extension PreTokenizer {
  private static let supported = [
    "BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "FixedLength", "Metaspace",
    "Punctuation", "Sequence", "Split", "UnicodeScripts", "Whitespace", "WhitespaceSplit",
  ]

  /// Reads a tokenizer file's `pre_tokenizer`.
  ///
  /// - Throws: `TokenizerError.unsupported`, or `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor?) throws {
    guard let json else {
      self = .none
      return
    }
    let kind = try json.member("type")
    switch try kind.string() {
    case "BertPreTokenizer": self = .bert(BertPreTokenizer())
    case "ByteLevel": self = .byteLevel(try ByteLevelPreTokenizer(json))
    case "Metaspace": self = .metaspace(try Metaspace(json))
    case "Whitespace": self = .whiteSpace
    case "WhitespaceSplit": self = .whiteSpaceSplit
    case "Punctuation":
      self = .punctuation(
        try json.optionalMember("behavior").map(DelimiterBehavior.init) ?? .isolated)
    case "Digits": self = .digits(individually: try json.optionalBool("individual_digits") ?? false)
    case "CharDelimiterSplit": self = .delimiter(try json.member("delimiter").scalar())
    case "UnicodeScripts": self = .unicodeScripts(UnicodeScripts())
    case "FixedLength":
      let length = try json.optionalInt("length") ?? 5
      guard length > 0 else { throw try json.member("length").mismatch(expected: "1 or more") }
      self = .fixedLength(length)
    case "Split":
      self = .split(
        try TextPattern(json.member("pattern")), try DelimiterBehavior(json.member("behavior")),
        inverted: try json.optionalBool("invert") ?? false)
    case "Sequence":
      self = .sequence(try json.elements("pretokenizers").map { try PreTokenizer($0) })
    case let name:
      throw TokenizerError.unsupported(
        file: json.file, path: kind.path, found: name, supported: Self.supported)
    }
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .none: .null
    case .bert: ["type": "BertPreTokenizer"]
    case .byteLevel(let byteLevel): byteLevel.json
    case .metaspace(let metaspace): metaspace.json
    case .whiteSpace: ["type": "Whitespace"]
    case .whiteSpaceSplit: ["type": "WhitespaceSplit"]
    case .punctuation(let behavior): ["type": "Punctuation", "behavior": JSON(behavior.rawValue)]
    case .digits(let individually):
      ["type": "Digits", "individual_digits": JSON(individually)]
    case .delimiter(let scalar):
      ["type": "CharDelimiterSplit", "delimiter": JSON(scalars: [scalar])]
    case .unicodeScripts: ["type": "UnicodeScripts"]
    case .fixedLength(let length): ["type": "FixedLength", "length": JSON(length)]
    case .split(let pattern, let behavior, let inverted):
      [
        "type": "Split", "pattern": pattern.json, "behavior": JSON(behavior.rawValue),
        "invert": JSON(inverted),
      ]
    case .sequence(let parts):
      ["type": "Sequence", "pretokenizers": JSON(parts.map(\.json))]
    }
  }
}

extension DelimiterBehavior {
  /// Reads the name of one.
  ///
  /// - Throws: `JSONError` if there is no such.
  init(_ json: JSONCursor) throws {
    guard let behavior = DelimiterBehavior(rawValue: try json.string()) else {
      throw json.mismatch(expected: Self.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self = behavior
  }
}
