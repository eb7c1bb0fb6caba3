import Files
import Tokens

/// A token that is found in the text as it stands, before the text is parted into words.
struct AddedToken: Sendable, Equatable {
  let id: TokenID
  let content: [UInt8]
  /// Whether it counts only where no letter, digit or mark is beside it.
  var isSingleWord = false
  /// Whether it swallows the white space before it.
  var stripsLeft = false
  /// Whether it swallows the white space behind it.
  var stripsRight = false
  /// Whether it is searched in the normalized text, instead of in the text as given.
  var isNormalized = false
  /// Whether it stands for no text; left out when tokens are decoded.
  var isSpecial = true

  init(id: TokenID, content: [UInt8]) {
    self.id = id
    self.content = content
  }

  /// Reads an element of a tokenizer file's `added_tokens`.
  ///
  /// - Throws: `JSONError` where the file's form is wrong.
  init(_ json: JSONCursor) throws {
    id = try json.member("id").tokenID()
    let content = try json.member("content")
    self.content = try content.bytes()
    guard (1...WordPiece.longestPiece).contains(self.content.count) else {
      throw content.mismatch(expected: "1 to \(WordPiece.longestPiece) bytes")
    }
    isSingleWord = try json.optionalBool("single_word") ?? false
    stripsLeft = try json.optionalBool("lstrip") ?? false
    stripsRight = try json.optionalBool("rstrip") ?? false
    isSpecial = try json.optionalBool("special") ?? false
    isNormalized = try json.optionalBool("normalized") ?? !isSpecial
  }

  /// The form that a tokenizer file has it in.
  var json: JSON {
    [
      "id": JSON(id), "content": .string(content), "single_word": JSON(isSingleWord),
      "lstrip": JSON(stripsLeft), "rstrip": JSON(stripsRight), "normalized": JSON(isNormalized),
      "special": JSON(isSpecial),
    ]
  }
}
