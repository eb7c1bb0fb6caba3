/// What the reference knows about each code point.
///
/// It mixes versions of Unicode; see scripts/reference/unicode_tables.py.
struct UnicodeTables: Sendable {
  /// How BERT's normalizer and pre-tokenizer treat a code point.
  struct Properties: OptionSet, Equatable, Sendable {
    let rawValue: UInt8

    /// Dropped by the cleaning of text: control characters, U+FFFD, private use.
    static let removed = Properties(rawValue: 1)
    /// Made a space by the cleaning of text.
    static let cleanedToSpace = Properties(rawValue: 2)
    /// Parts words and belongs to none.
    static let separator = Properties(rawValue: 4)
    /// A word by itself.
    static let punctuation = Properties(rawValue: 8)
    /// Set apart by spaces, so that each is a word.
    static let ideograph = Properties(rawValue: 16)
    /// Dropped where accents are stripped (general category Mn).
    static let strippedMark = Properties(rawValue: 32)
    /// Part of a word where a token must be a whole word (`\w`).
    static let word = Properties(rawValue: 64)
    /// Swallowed by tokens that strip what is beside them (`\s`).
    static let whiteSpace = Properties(rawValue: 128)
  }

  /// The tables; unpacked once, at the first use.
  static let shared = UnicodeTables()

  let properties: PagedTable<Properties>
  private let combiningClasses: PagedTable<UInt8>
  private let decompositions: MappingTable
  private let lowercaseForms: MappingTable

  private init() {
    properties = PagedTable(runs: UnicodeData.properties) { Properties(rawValue: UInt8($0)) }
    combiningClasses = PagedTable(runs: UnicodeData.combiningClasses) { UInt8($0) }
    decompositions = MappingTable(UnicodeData.decompositions)
    lowercaseForms = MappingTable(UnicodeData.lowercase)
  }

  /// The canonical combining class: 0 for all but marks.
  func combiningClass(of scalar: UInt32) -> UInt8 { combiningClasses[scalar] }

  /// Calls `body` with each scalar of the full canonical decomposition, in order.
  func forEachDecomposed(_ scalar: UInt32, _ body: (UInt32) -> Void) {
    let syllable = scalar &- 0xAC00
    guard syllable < 11172 else { return decompositions.forEachTarget(of: scalar, body) }
    body(0x1100 + syllable / 588)
    body(0x1161 + syllable % 588 / 28)
    if syllable % 28 != 0 { body(0x11A7 + syllable % 28) }
  }

  /// Calls `body` with each scalar of the lowercase form, in order.
  func forEachLowercased(_ scalar: UInt32, _ body: (UInt32) -> Void) {
    lowercaseForms.forEachTarget(of: scalar, body)
  }
}

/// Sequences that some code points are replaced by.
struct MappingTable: Sendable {
  /// Where a code point's target starts in `targets`, its count first; 0 for no target.
  private let starts: PagedTable<UInt16>
  private let targets: [UInt32]

  init(_ data: StaticString) {
    var numbers = PackedNumbers(data)
    var code = 0
    var entries: [(code: Int, value: UInt16)] = []
    var targets: [UInt32] = [0]
    while let distance = numbers.next(), let count = numbers.next() {
      code += distance
      entries.append((code, UInt16(targets.count)))
      targets.append(UInt32(count))
      for _ in 0..<count { targets.append(UInt32(numbers.next() ?? 0)) }
    }
    self.targets = targets
    starts = PagedTable(entries, empty: 0)
  }

  /// Whether a code point is replaced.
  func contains(_ scalar: UInt32) -> Bool { starts[scalar] > 0 }

  func forEachTarget(of scalar: UInt32, _ body: (UInt32) -> Void) {
    let start = Int(starts[scalar])
    guard start > 0 else { return body(scalar) }
    for index in start + 1...start + Int(targets[start]) { body(targets[index]) }
  }
}
