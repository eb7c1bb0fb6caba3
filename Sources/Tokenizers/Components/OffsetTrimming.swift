/// Cuts spaces off the places of tokens.
///
/// Source: `process_offsets` of `tokenizers.pre_tokenizers.ByteLevel`.
struct OffsetTrimming: Sendable, Equatable {
  /// Whether the text may have begun with a space that was added.
  let addsPrefixSpace: Bool

  /// What is left of the place of a token, which may be the first of its text.
  func trimmed(_ range: Range<Int>, of token: [UInt8], isFirst: Bool) -> Range<Int> {
    let scalars = UTF8Decoder.scalars(of: token)
    var leading = scalars.prefix(while: Self.isSpace).count
    let trailing = scalars.reversed().prefix(while: Self.isSpace).count
    var (start, end) = (range.lowerBound, range.upperBound)
    if leading > 0 {
      if isFirst || start == 0, addsPrefixSpace { leading -= 1 }
      start = min(start + leading, end)
    }
    if trailing > 0, end >= trailing { end = max(end - trailing, start) }
    return start..<end
  }

  private static func isSpace(_ scalar: UInt32) -> Bool {
    scalar == ByteAlphabet.shared.space
      || UnicodeTextTables.shared.traits[scalar].contains(.whiteSpace)
  }
}
