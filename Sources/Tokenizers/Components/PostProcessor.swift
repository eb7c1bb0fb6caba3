import Files
import Tokens

/// The fourth part of a tokenizer: puts special tokens around texts.
///
/// A new kind is a case here.
indirect enum PostProcessor: Sendable, Equatable {
  case none
  case template(TemplateProcessing)
  case bert(separator: SpecialPiece, classification: SpecialPiece)
  case roberta(
    separator: SpecialPiece, classification: SpecialPiece, trimsOffsets: Bool,
    addsPrefixSpace: Bool)
  case byteLevel(ByteLevelPreTokenizer)
  case sequence([PostProcessor])

  private static let supported = [
    "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence",
  ]

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
    case "RobertaProcessing":
      self = .roberta(
        separator: try SpecialPiece(pair: json.member("sep")),
        classification: try SpecialPiece(pair: json.member("cls")),
        trimsOffsets: try json.optionalBool("trim_offsets") ?? true,
        addsPrefixSpace: try json.optionalBool("add_prefix_space") ?? true)
    case "ByteLevel": self = .byteLevel(try ByteLevelPreTokenizer(json))
    case "Sequence":
      let parts = try json.elements("processors").map { try PostProcessor($0) }
      guard parts.count(where: \.addsPieces) <= 1 else {
        throw TokenizerError.contradiction(
          file: json.file, path: json.path,
          problem: "\(parts.count(where: \.addsPieces)) of its parts add special tokens",
          expected: "one at most")
      }
      self = .sequence(parts)
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
    case .roberta(let separator, let classification, let trimsOffsets, let addsPrefixSpace):
      [
        "type": "RobertaProcessing", "sep": separator.pair, "cls": classification.pair,
        "trim_offsets": JSON(trimsOffsets), "add_prefix_space": JSON(addsPrefixSpace),
      ]
    case .byteLevel(let byteLevel): byteLevel.json
    case .sequence(let parts): ["type": "Sequence", "processors": JSON(parts.map(\.json))]
    }
  }

  private var addsPieces: Bool {
    switch self {
    case .none, .byteLevel: false
    case .template, .bert, .roberta: true
    case .sequence(let parts): parts.contains(where: \.addsPieces)
    }
  }

  /// The special tokens that it adds to a single text or to a pair.
  var specialPieces: [SpecialPiece] {
    switch self {
    case .none, .byteLevel: []
    case .template(let template): template.pieces
    case .bert(let separator, let classification): [separator, classification]
    case .roberta(let separator, let classification, _, _): [separator, classification]
    case .sequence(let parts): parts.flatMap(\.specialPieces)
    }
  }

  /// How spaces are cut off the places of tokens.
  var trimming: [OffsetTrimming] {
    switch self {
    case .none, .template, .bert: []
    case .roberta(_, _, let trims, let adds): trims ? [OffsetTrimming(addsPrefixSpace: adds)] : []
    case .byteLevel(let byteLevel):
      byteLevel.trimsOffsets ? [OffsetTrimming(addsPrefixSpace: byteLevel.addsPrefixSpace)] : []
    case .sequence(let parts): parts.flatMap(\.trimming)
    }
  }

  /// What surrounds a single text.
  var single: [TemplateProcessing.Element] {
    switch self {
    case .none, .byteLevel: [.text(isSecond: false, typeID: 0)]
    case .template(let template): template.single
    case .bert(let separator, let classification),
      .roberta(let separator, let classification, _, _):
      [
        .special(classification, typeID: 0), .text(isSecond: false, typeID: 0),
        .special(separator, typeID: 0),
      ]
    case .sequence(let parts): (parts.first(where: \.addsPieces) ?? .none).single
    }
  }

  /// What surrounds two texts.
  var pair: [TemplateProcessing.Element] {
    switch self {
    case .none, .byteLevel:
      [.text(isSecond: false, typeID: 0), .text(isSecond: true, typeID: 1)]
    case .template(let template): template.pair
    case .bert(let separator, _):
      single + [.text(isSecond: true, typeID: 1), .special(separator, typeID: 1)]
    case .roberta(let separator, _, _, _):
      single + [
        .special(separator, typeID: 0), .text(isSecond: true, typeID: 0),
        .special(separator, typeID: 0),
      ]
    case .sequence(let parts): (parts.first(where: \.addsPieces) ?? .none).pair
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
