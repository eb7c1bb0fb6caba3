/// Parts text into the pieces that can be encoded one by one, whatever stands beside them.
///
/// Such pieces repeat far more often than what stands between spaces. They end at spaces, and before
/// and behind every character that is a word by itself. What else the normalizer and the pre-tokenizer
/// do to a piece does not reach beyond it: marks are sorted behind their base, and none of those
/// characters takes marks along when it is decomposed.
struct WordSplitter: Sendable {
  /// What a byte means.
  private enum Kind {
    /// Part of a word.
    static let word: UInt8 = 0
    /// A word by itself.
    static let alone: UInt8 = 1
    /// Begins a character of several bytes.
    static let lead: UInt8 = 2
    /// May begin an added token, or is no UTF-8: the stretch is looked at as a whole.
    static let whole: UInt8 = 4
    /// Ends a stretch.
    static let space: UInt8 = 8
  }

  private let kinds: [UInt8]
  private let properties: PagedTable<UnicodeTables.Properties>
  private let alone: UnicodeTables.Properties
  /// Whether a mark at the start of a stretch belongs to the space before it.
  private let looksBehindSpaces: Bool

  /// The splitter for a tokenizer's parts; nil where pieces between spaces depend on each other, so that
  /// only the whole text can be encoded.
  init?(_ normalizer: Normalizer, _ preTokenizer: PreTokenizer, _ addedTokens: AddedTokens) {
    guard addedTokens.stayBetweenSpaces, normalizer.staysBetweenSpaces,
      preTokenizer.partsAtSpacesFirst
    else { return nil }
    var kinds = [UInt8](repeating: Kind.lead, count: 256)
    properties = UnicodeTables.shared.properties
    var spacesIdeographs = false
    if case .bert(let bert) = normalizer { spacesIdeographs = bert.spacesIdeographs }
    if case .bert = preTokenizer, normalizer.isBertOrNone {
      alone = spacesIdeographs ? [.punctuation, .ideograph] : [.punctuation]
    } else {
      alone = []
      for byte in 128..<256 { kinds[byte] = Kind.word }
    }
    looksBehindSpaces = normalizer.looksAtClusters
    for byte in 0..<128 {
      kinds[byte] = properties[UInt32(byte)].isDisjoint(with: alone) ? Kind.word : Kind.alone
    }
    for space in AddedTokens.spaces { kinds[Int(space)] = Kind.space }
    kinds[0] = Kind.whole
    for scalar in addedTokens.inText.starts {
      kinds[scalar < 128 ? Int(scalar) : Int(Self.firstByte(of: scalar))] = Kind.whole
    }
    // Many characters may become one that begins such a token.
    if !addedTokens.inNormalizedText.isEmpty {
      for byte in 128..<256 { kinds[byte] = Kind.whole }
      for scalar in addedTokens.inNormalizedText.starts where scalar < 128 {
        kinds[Int(scalar)] = Kind.whole
        if scalar &- 0x61 < 26 { kinds[Int(scalar) & ~0x20] = Kind.whole }
      }
    }
    self.kinds = kinds
  }

  private static func firstByte(of scalar: UInt32) -> UInt8 {
    var bytes: [UInt8] = []
    UTF8Decoder.encode(scalar, into: &bytes)
    return bytes[0]
  }

  /// Calls `body` with each piece, in order; none is empty.
  ///
  /// A piece is whole if it may hold an added token or a zero byte.
  @inline(__always)
  func forEachPiece(of bytes: Span<UInt8>, _ body: (Range<Int>, _ isWhole: Bool) -> Void) {
    let kinds = kinds.span
    var start = 0
    while start < bytes.count {
      var end = start
      var met: UInt8 = 0
      while end < bytes.count {
        let kind = kinds[Int(bytes[end])]
        if kind == Kind.space { break }
        met |= kind
        end += 1
      }
      if looksBehindSpaces, start < end, start > 0, bytes[start] >= 0xC0, bytes[start - 1] == 0x20 {
        body(start - 1..<end, true)
      } else if met == Kind.word {
        if start < end { body(start..<end, false) }
      } else if met & Kind.whole != 0 {
        body(start..<end, true)
      } else {
        split(bytes, start..<end, kinds) { body($0, false) }
      }
      start = end + 1
    }
  }

  /// Calls `body` with the pieces of a stretch without spaces.
  ///
  /// Bytes that are no UTF-8 count as letters: what they are decoded to depends on themselves only.
  private func split(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ kinds: Span<UInt8>, _ body: (Range<Int>) -> Void
  ) {
    var start = range.lowerBound
    var index = start
    while index < range.upperBound {
      var length = 1
      var isAlone = kinds[Int(bytes[index])] == Kind.alone
      if kinds[Int(bytes[index])] == Kind.lead {
        var scalar = UTF8Decoder.replacement
        (scalar, length) = UTF8Decoder.scalar(
          of: bytes.extracting(range), at: index - range.lowerBound)
        isAlone = !properties[scalar].isDisjoint(with: alone)
      }
      if isAlone {
        if start < index { body(start..<index) }
        body(index..<index + length)
        start = index + length
      }
      index += length
    }
    if start < index { body(start..<index) }
  }
}

extension Normalizer {
  /// Whether it does to what is between spaces, tabs and line ends what it does to the whole text, as far
  /// as words are concerned that are parted at white space.
  fileprivate var staysBetweenSpaces: Bool {
    switch self {
    case .none, .bert, .form, .lowercase, .stripAccents, .strip, .nmt: true
    case .precompiled(let map): !map.mayReplace(0x20)
    case .replace(.text(_, let scalars), let content):
      !scalars.contains(where: AddedTokens.spaces.contains) && !content.isEmpty
    case .replace(.expression(let expression), let content):
      // Runs of spaces become white space again.
      expression == .runsOfSpaces && content == [0x20]
    case .byteLevel, .prepend: false
    case .sequence(let parts): parts.allSatisfy(\.staysBetweenSpaces)
    }
  }

  fileprivate var looksAtClusters: Bool {
    switch self {
    case .precompiled: true
    case .sequence(let parts): parts.contains(where: \.looksAtClusters)
    default: false
    }
  }

  fileprivate var isBertOrNone: Bool {
    switch self {
    case .none, .bert: true
    default: false
    }
  }
}

extension PreTokenizer {
  /// Whether words end at white space, and what is between is parted for itself.
  fileprivate var partsAtSpacesFirst: Bool {
    switch self {
    case .bert, .whiteSpace, .whiteSpaceSplit: true
    case .sequence(let parts):
      parts.first?.partsAtSpacesFirst == true && parts.allSatisfy(\.isBlindToPlaces)
    default: false
    }
  }

  /// Whether a word is treated alike wherever it stands.
  private var isBlindToPlaces: Bool {
    switch self {
    case .metaspace(let metaspace): metaspace.prepending != .first
    case .sequence(let parts): parts.allSatisfy(\.isBlindToPlaces)
    default: true
    }
  }
}
