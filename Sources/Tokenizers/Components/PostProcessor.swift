import Files
import Tokens

/// The fourth part of a tokenizer: puts special tokens around texts.
///
/// A new kind is a case here.
enum PostProcessor: Sendable, Equatable {
  case none
  case template(TemplateProcessing)
  case bert(separator: SpecialPiece, classification: SpecialPiece)

  private static let supported = ["TemplateProcessing", "BertProcessing"]

  /// Reads a tokenizer file's `post_processor`.
  ///
  /// - Throws: `TokenizerError.unsupported` or `.contradiction`, or `JSONError` where the file's form
  ///   is wrong.
  init(_ json: JSONCursor?) throws {
    guard let json else {
      self = .none
      return
    }
    let kind = try json.member("type")
    switch try kind.string() {
    case "TemplateProcessing": self = .template(try TemplateProcessing(json))
    case "BertProcessing":
      self = .bert(
        separator: try SpecialPiece(pair: json.member("sep")),
        classification: try SpecialPiece(pair: json.member("cls")))
    default:
      throw TokenizerError.unsupported(
        file: json.file, path: kind.path, found: try kind.string(), supported: Self.supported)
    }
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    switch self {
    case .none: .null
    case .template(let template): template.json
    case .bert(let separator, let classification):
      ["type": "BertProcessing", "sep": separator.pair, "cls": classification.pair]
    }
  }

  /// The special tokens that it adds to a single text or to a pair.
  var specialPieces: [SpecialPiece] {
    switch self {
    case .none: []
    case .template(let template): template.pieces
    case .bert(let separator, let classification): [separator, classification]
    }
  }

  /// What surrounds a single text.
  var single: [TemplateProcessing.Element] {
    switch self {
    case .none: [.text(isSecond: false, typeID: 0)]
    case .template(let template): template.single
    case .bert(let separator, let classification):
      [
        .special(classification, typeID: 0), .text(isSecond: false, typeID: 0),
        .special(separator, typeID: 0),
      ]
    }
  }
}

/// A special token as a post-processor names it; it may stand for several tokens.
struct SpecialPiece: Sendable, Equatable {
  let name: [UInt8]
  let ids: [TokenID]
  let tokens: [[UInt8]]

  init(name: [UInt8], ids: [TokenID], tokens: [[UInt8]]) {
    self.name = name
    self.ids = ids
    self.tokens = tokens
  }

  /// Reads the form `["[SEP]", 102]`.
  init(pair json: JSONCursor) throws {
    let parts = try json.elements()
    guard parts.count == 2 else { throw json.mismatch(expected: "a token and its number") }
    name = try parts[0].bytes()
    ids = [try parts[1].tokenID()]
    tokens = [name]
  }

  var pair: JSON { [.string(name), JSON(ids.first ?? 0)] }
}

extension JSONCursor {
  /// This number of a token.
  ///
  /// - Throws: `JSONError` if it is no whole number from 0 to 2^31 - 1.
  func tokenID() throws -> TokenID {
    guard let id = value.int, id >= 0, let id = TokenID(exactly: id) else {
      throw mismatch(expected: "a token's number from 0 to 2147483647")
    }
    return id
  }
}
