import Files
import Tokens

/// Tokens in a mapped file of the cache, two or four bytes each.
final class TokenPart: Sendable {
  /// How many tokens there are.
  let count: Int

  private let file: MappedFile
  private let width: TokenWidth

  /// Maps a file whose size and digest were checked against the cache's index.
  ///
  /// - Throws: `FileError` if the file cannot be mapped or has another size.
  init(_ path: String, count: Int, width: TokenWidth) throws {
    self.count = count
    self.width = width
    file = try MappedFile(
      path, expectedByteCount: UInt64(width.byteCount(of: count)))
  }

  /// Adds a range of the tokens to others.
  ///
  /// - Precondition: the range lies in 0 ..< `count`.
  func append(_ range: Range<Int>, to tokens: inout [TokenID]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) of \(count)")
    let offset = TokenWidth.headerBytes + range.lowerBound * width.rawValue
    switch width {
    case .two:
      file.withSpan(of: UInt16.self, at: offset, count: range.count) { words in
        for index in words.indices { tokens.append(TokenID(UInt16(littleEndian: words[index]))) }
      }
    case .four:
      file.withSpan(of: UInt32.self, at: offset, count: range.count) { words in
        for index in words.indices {
          tokens.append(TokenID(truncatingIfNeeded: UInt32(littleEndian: words[index])))
        }
      }
    }
  }
}

/// How many bytes the cache spends on a token.
enum TokenWidth: Int, Sendable {
  case two = 2
  case four = 4

  /// The bytes before the first token of a file: the format's name and the width.
  static let headerBytes = 16

  /// The narrowest width for a vocabulary.
  init(vocabularySize: Int) {
    self = vocabularySize <= 1 << 16 ? .two : .four
  }

  /// The size of a file of so many tokens.
  func byteCount(of tokenCount: Int) -> Int {
    Self.headerBytes + tokenCount * rawValue
  }

  /// The first bytes of a file.
  var header: [UInt8] {
    Array("LOCKTOK1".utf8) + [UInt8(rawValue)] + [UInt8](repeating: 0, count: 7)
  }

  /// Tokens as they lie in a file.
  func bytes(of tokens: [TokenID]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tokens.count * rawValue)
    for token in tokens {
      bytes.append(UInt8(truncatingIfNeeded: token))
      bytes.append(UInt8(truncatingIfNeeded: token >> 8))
      if self == .four {
        bytes.append(UInt8(truncatingIfNeeded: token >> 16))
        bytes.append(UInt8(truncatingIfNeeded: token >> 24))
      }
    }
    return bytes
  }

  /// Tokens that were turned to bytes, again.
  func tokens(in bytes: [UInt8]) -> [TokenID] {
    var tokens: [TokenID] = []
    tokens.reserveCapacity(bytes.count / rawValue)
    for start in stride(from: 0, to: bytes.count, by: rawValue) {
      var token = TokenID(bytes[start]) | TokenID(bytes[start + 1]) << 8
      if self == .four {
        token |= TokenID(bytes[start + 2]) << 16 | TokenID(bytes[start + 3]) << 24
      }
      tokens.append(token)
    }
    return tokens
  }
}
