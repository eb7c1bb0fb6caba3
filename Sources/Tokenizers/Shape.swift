import Files
public import Tokens

/// How texts are cut to a length.
public struct Truncation: Sendable, Equatable {
  /// Which text loses tokens.
  public enum Strategy: String, Sendable, CaseIterable {
    case longestFirst = "LongestFirst"
    case onlyFirst = "OnlyFirst"
    case onlySecond = "OnlySecond"
  }

  /// How many tokens there are at most, special ones included.
  public var maximumLength: Int
  public var strategy: Strategy
  /// How many tokens the parts of a text have in common.
  public var stride: Int
  /// Whether tokens are cut off at the start.
  public var cutsLeft: Bool

  /// Says how texts are cut.
  public init(
    maximumLength: Int, strategy: Strategy = .longestFirst, stride: Int = 0, cutsLeft: Bool = false
  ) {
    self.maximumLength = maximumLength
    self.strategy = strategy
    self.stride = stride
    self.cutsLeft = cutsLeft
  }
}

/// How encodings are filled up to a length.
public struct Padding: Sendable, Equatable {
  /// The length, nil for that of the longest encoding.
  public var length: Int?
  /// Lengths are multiples of it.
  public var multiple: Int?
  /// Whether it is filled up at the start.
  public var fillsLeft: Bool
  /// What it is filled up with.
  public var id: TokenID
  /// The type of what it is filled up with.
  public var typeID: TokenID

  /// Says how encodings are filled up.
  public init(
    length: Int? = nil, multiple: Int? = nil, fillsLeft: Bool = false, id: TokenID = 0,
    typeID: TokenID = 0
  ) {
    self.length = length
    self.multiple = multiple
    self.fillsLeft = fillsLeft
    self.id = id
    self.typeID = typeID
  }
}

/// An encoding of a fixed length.
public struct ShapedEncoding: Sendable, Equatable {
  /// The tokens, those that it is filled up with included.
  public var encoding: Encoding
  /// 1 for tokens, 0 for what it is filled up with.
  public var attentionMask: [UInt8]
}

extension Truncation {
  /// Reads a tokenizer file's `truncation`.
  ///
  /// - Throws: `TokenizerError.contradiction` if the parts would not go forward, `JSONError` where the
  ///   file's form is wrong.
  init(_ json: JSONCursor) throws {
    let length = try json.int("max_length")
    let stride = try json.optionalInt("stride") ?? 0
    guard length >= 0, stride >= 0, stride == 0 || stride < length else {
      throw TokenizerError.contradiction(
        file: json.file, path: json.path, problem: "the stride is \(stride) of \(length) tokens",
        expected: "a stride from 0 to below max_length")
    }
    var strategy = Strategy.longestFirst
    if let name = try json.optionalMember("strategy") {
      guard let found = Strategy(rawValue: try name.string()) else {
        throw name.mismatch(expected: Strategy.allCases.map(\.rawValue).joined(separator: ", "))
      }
      strategy = found
    }
    self.init(
      maximumLength: length, strategy: strategy, stride: stride,
      cutsLeft: try json.isLeft("direction"))
  }
}

extension Padding {
  /// Reads a tokenizer file's `padding`.
  ///
  /// - Throws: `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    self.init(fillsLeft: try json.isLeft("direction"))
    if let strategy = try json.optionalMember("strategy"), strategy.value.text != "BatchLongest" {
      length = try strategy.int("Fixed")
      guard length ?? 0 >= 0 else {
        throw strategy.mismatch(expected: "'BatchLongest' or a length")
      }
    }
    if let value = try json.optionalMember("pad_to_multiple_of") {
      guard try value.int() >= 1 else { throw value.mismatch(expected: "1 or more") }
      multiple = try value.int()
    }
    id = try json.optionalMember("pad_id")?.tokenID() ?? 0
    typeID = try json.optionalMember("pad_type_id")?.tokenID() ?? 0
  }
}

extension JSONCursor {
  /// Whether the direction under a key is left; a missing one is right.
  fileprivate func isLeft(_ key: String) throws -> Bool {
    guard let direction = try optionalMember(key) else { return false }
    switch try direction.string() {
    case "Left": return true
    case "Right": return false
    default: throw direction.mismatch(expected: "'Left' or 'Right'")
    }
  }
}
