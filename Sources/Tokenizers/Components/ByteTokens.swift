import Tokens

/// The tokens that stand for single bytes where letters are unknown.
enum ByteTokens {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// The name of a byte's token, as `<0x0A>`.
  static func name(of byte: UInt8) -> [UInt8] {
    Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)], UInt8(ascii: ">")]
  }

  /// The tokens of all bytes; nil if a vocabulary lacks one.
  static func ids(in vocabulary: Vocabulary) -> [TokenID]? {
    let ids = (UInt8.min...UInt8.max).compactMap { vocabulary.id(of: name(of: $0)) }
    return ids.count == 256 ? ids : nil
  }

  /// The byte that a token of that form stands for.
  static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">"),
      !token[3...4].contains(UInt8(ascii: "+")), !token[3...4].contains(UInt8(ascii: "-"))
    else { return nil }
    return UInt8(String(decoding: token[3...4], as: UTF8.self), radix: 16)
  }
}
