import Files

/// The second part of a tokenizer: parts the text into words.
///
/// A new kind is a case here.
indirect enum PreTokenizer: Sendable, Equatable {
  /// Leaves the text one word.
  case none
  case bert(BertPreTokenizer)
  case byteLevel(ByteLevelPreTokenizer)
  case metaspace(Metaspace)
  /// Parts at white space.
  case whiteSpaceSplit
  /// Parts at white space, and runs of word characters from runs of others.
  case whiteSpace
  case punctuation(DelimiterBehavior)
  case digits(individually: Bool)
  case delimiter(UInt32)
  case fixedLength(Int)
  case unicodeScripts(UnicodeScripts)
  case split(TextPattern, DelimiterBehavior, inverted: Bool)
  case sequence([PreTokenizer])

  /// Parts words, and rewrites them if that is its kind.
  func split(_ words: inout Words) {
    switch self {
    case .none: break
    case .bert(let bert): words.split { bert.forEachWord(in: $0, $1, $2) }
    case .byteLevel(let byteLevel): byteLevel.split(&words)
    case .metaspace(let metaspace): metaspace.split(&words)
    case .whiteSpaceSplit: Self.split(&words, .removed) { Self.traits($0).contains(.whiteSpace) }
    case .whiteSpace: words.split(Self.forEachRun)
    case .punctuation(let behavior):
      let properties = UnicodeTables.shared.properties
      Self.split(&words, behavior) { properties[$0].contains(.punctuation) }
    case .digits(let individually):
      Self.split(&words, individually ? .isolated : .contiguous) {
        Self.traits($0).contains(.numeric)
      }
    case .delimiter(let delimiter): Self.split(&words, .removed) { $0 == delimiter }
    case .fixedLength(let length):
      words.split { _, range, body in
        for start in stride(from: range.lowerBound, to: range.upperBound, by: length) {
          body(start..<min(start + length, range.upperBound))
        }
      }
    case .unicodeScripts(let scripts): words.split { scripts.forEachRun(in: $0, $1, $2) }
    case .split(let pattern, let behavior, let inverted):
      words.split { scalars, range, body in
        var matches: [Range<Int>] = []
        pattern.forEachMatch(in: scalars, range) { matches.append($0) }
        behavior.forEachPart(of: range, matches, inverted: inverted, body)
      }
    case .sequence(let parts): for part in parts { part.split(&words) }
    }
  }

  private static func traits(_ scalar: UInt32) -> UnicodeTextTables.Traits {
    UnicodeTextTables.shared.traits[scalar]
  }

  /// Parts words at scalars of a kind, each of which is a delimiter.
  private static func split(
    _ words: inout Words, _ behavior: DelimiterBehavior, _ isDelimiter: (UInt32) -> Bool
  ) {
    words.split { scalars, range, body in
      let matches = range.filter { isDelimiter(scalars[$0]) }.map { $0..<$0 + 1 }
      behavior.forEachPart(of: range, matches, body)
    }
  }

  /// The runs of `\w+|[^\w\s]+`.
  private static func forEachRun(
    _ scalars: [UInt32], _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    var start = range.lowerBound
    var last = 0
    let properties = UnicodeTables.shared.properties
    for index in range {
      let found = properties[scalars[index]]
      let kind = found.contains(.word) ? 1 : found.contains(.whiteSpace) ? 0 : 2
      if kind != last {
        if last != 0 { body(start..<index) }
        start = index
      }
      last = kind
    }
    if last != 0 { body(start..<range.upperBound) }
  }
}
