import Files
import Tokens

/// Special tokens around texts, by a template for one text and one for two.
///
/// Source: `tokenizers.processors.TemplateProcessing`.
struct TemplateProcessing: Sendable, Equatable {
  /// A part of a template.
  enum Element: Sendable, Equatable {
    case special(SpecialPiece, typeID: TokenID)
    case text(isSecond: Bool, typeID: TokenID)
  }

  let single: [Element]
  let pair: [Element]
  /// All special tokens that the file describes, those of no template too.
  let pieces: [SpecialPiece]

  /// How many tokens a template adds to texts.
  static func specialCount(of template: [Element]) -> Int {
    template.reduce(0) { count, element in
      if case .special(let piece, _) = element { count + piece.ids.count } else { count }
    }
  }

  init(single: [Element], pair: [Element], pieces: [SpecialPiece]) {
    self.single = single
    self.pair = pair
    self.pieces = pieces
  }

  /// Reads a tokenizer file's `post_processor` of this kind.
  ///
  /// - Throws: `TokenizerError.contradiction` if a template names a special token that is not described
  ///   or lacks a text, `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    var pieces: [SpecialPiece] = []
    let described = try json.member("special_tokens")
    for (key, _) in try described.object().members {
      let entry = try described.member(String(decoding: key, as: UTF8.self))
      let ids = try entry.elements("ids").map { try $0.tokenID() }
      let tokens = try entry.elements("tokens").map { try $0.bytes() }
      guard !ids.isEmpty, ids.count == tokens.count else {
        throw entry.mismatch(expected: "as many ids as tokens, at least one")
      }
      pieces.append(SpecialPiece(name: key, ids: ids, tokens: tokens))
    }
    self.pieces = pieces
    single = try Self.template(json.member("single"), pieces, texts: 1)
    pair = try Self.template(json.member("pair"), pieces, texts: 2)
  }

  private static func template(
    _ json: JSONCursor, _ pieces: [SpecialPiece], texts: Int
  ) throws -> [Element] {
    let elements = try json.elements().map { try element($0, pieces) }
    for isSecond in [false, true] {
      let count = elements.filter {
        if case .text(isSecond, _) = $0 { true } else { false }
      }.count
      let wanted = isSecond && texts == 1 ? 0 : 1
      guard count == wanted else {
        throw TokenizerError.contradiction(
          file: json.file, path: json.path,
          problem: "text \(isSecond ? "B" : "A") appears \(count) times",
          expected: wanted == 0 ? "text A only" : "each text once")
      }
    }
    return elements
  }

  private static func element(_ json: JSONCursor, _ pieces: [SpecialPiece]) throws -> Element {
    if let text = try json.optionalMember("Sequence") {
      let name = try text.member("id")
      guard let isSecond = ["A": false, "B": true][try name.string()] else {
        throw name.mismatch(expected: "'A' or 'B'")
      }
      return .text(isSecond: isSecond, typeID: try text.member("type_id").tokenID())
    }
    let special = try json.member("SpecialToken")
    let name = try special.member("id")
    let bytes = try name.bytes()
    guard let piece = pieces.first(where: { $0.name == bytes }) else {
      throw TokenizerError.contradiction(
        file: json.file, path: name.path,
        problem: "the template names '\(String(displaying: bytes))', which is not described",
        expected: "one of the special_tokens of the post-processor")
    }
    return .special(piece, typeID: try special.member("type_id").tokenID())
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    var described = JSONObject()
    for piece in pieces {
      described.insert(
        piece.name,
        [
          "id": .string(piece.name), "ids": JSON(piece.ids.map { JSON($0) }),
          "tokens": JSON(piece.tokens.map { .string($0) }),
        ])
    }
    return [
      "type": "TemplateProcessing", "single": JSON(single.map(Self.json)),
      "pair": JSON(pair.map(Self.json)), "special_tokens": .object(described),
    ]
  }

  private static func json(_ element: Element) -> JSON {
    switch element {
    case .special(let piece, let typeID):
      ["SpecialToken": ["id": .string(piece.name), "type_id": JSON(typeID)]]
    case .text(let isSecond, let typeID):
      ["Sequence": ["id": isSecond ? "B" : "A", "type_id": JSON(typeID)]]
    }
  }
}
