/// Parts text into what readers see as one character.
///
/// Source: Unicode Standard Annex 29, extended grapheme clusters. Flags, which are pairs of scalars, are
/// parted: nothing looks at clusters of that length.
enum GraphemeClusters {
  private typealias Class = UnicodeTextTables.GraphemeClass

  /// Calls `body` with the place of each cluster, in order.
  static func forEach(in scalars: [UInt32], _ body: (Range<Int>) -> Void) {
    let traits = UnicodeTextTables.shared.traits
    var start = 0
    /// Whether the cluster so far is a pictograph with what extends it, and whether U+200D ends it.
    var isPictograph = false
    for index in scalars.indices {
      let (scalar, kind) = (scalars[index], traits[scalars[index]].cluster)
      if index > start {
        let last = scalars[index - 1]
        let lastKind = traits[last].cluster
        let isJoined =
          if last == 0x0D {
            scalar == 0x0A
          } else if lastKind == .control || kind == .control {
            false
          } else {
            kind == .extending || kind == .joiner || lastKind == .prepended
              || joinsHangul(last, scalar)
              || (isPictograph && lastKind == .joiner && kind == .pictographic)
          }
        if !isJoined {
          body(start..<index)
          start = index
          isPictograph = false
        }
      }
      switch kind {
      case .pictographic: isPictograph = true
      case .extending, .joiner: break
      default: isPictograph = false
      }
    }
    if start < scalars.count { body(start..<scalars.count) }
  }

  /// Whether two Hangul letters or syllables are one syllable.
  private static func joinsHangul(_ first: UInt32, _ second: UInt32) -> Bool {
    guard first >= 0x1100, second >= 0x1100 else { return false }
    let isOpen = first &- 0xAC00 < 11172 && (first - 0xAC00) % 28 == 0
    let isSyllable = first &- 0xAC00 < 11172
    if isLeading(first) {
      return isLeading(second) || isVowel(second) || second &- 0xAC00 < 11172
    }
    if isOpen || isVowel(first) { return isVowel(second) || isTrailing(second) }
    return (isSyllable || isTrailing(first)) && isTrailing(second)
  }

  private static func isLeading(_ scalar: UInt32) -> Bool {
    (0x1100...0x115F).contains(scalar) || (0xA960...0xA97C).contains(scalar)
  }

  private static func isVowel(_ scalar: UInt32) -> Bool {
    (0x1160...0x11A7).contains(scalar) || (0xD7B0...0xD7C6).contains(scalar)
  }

  private static func isTrailing(_ scalar: UInt32) -> Bool {
    (0x11A8...0x11FF).contains(scalar) || (0xD7CB...0xD7FB).contains(scalar)
  }
}
