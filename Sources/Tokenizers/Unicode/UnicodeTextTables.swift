/// What the reference knows about each code point outside of BERT's own components.
///
/// It mixes versions of Unicode; see scripts/reference/unicode_text_tables.py.
struct UnicodeTextTables: Sendable {
  /// How simple normalizers and pre-tokenizers treat a code point.
  struct Traits: OptionSet, Equatable, Sendable {
    let rawValue: UInt8

    /// Dropped where accents are stripped (general categories Mn, Mc, Me).
    static let accent = Traits(rawValue: 1)
    /// White space, at which words end.
    static let whiteSpace = Traits(rawValue: 2)
    /// A digit, a number by itself, or part of one.
    static let numeric = Traits(rawValue: 4)
    /// Part of a word (`\w`).
    static let word = Traits(rawValue: 8)

    /// How the code point joins others in one grapheme cluster.
    var cluster: GraphemeClass { GraphemeClass(rawValue: rawValue >> 4) ?? .other }
  }

  /// How a code point joins others in one grapheme cluster; Hangul goes by rule.
  enum GraphemeClass: UInt8 {
    case other, control, extending, joiner, prepended, pictographic
  }

  /// The tables; unpacked once, at the first use.
  static let shared = UnicodeTextTables()

  let traits: PagedTable<Traits>
  let categories: PagedTable<GeneralCategory>
  private let compatibleForms: MappingTable
  private let compositions: [UInt64: UInt32]

  private init() {
    traits = PagedTable(runs: UnicodeTextData.traits) { Traits(rawValue: UInt8($0)) }
    categories = PagedTable(runs: UnicodeTextData.categories) {
      GeneralCategory(rawValue: UInt8($0)) ?? .cn
    }
    compatibleForms = MappingTable(UnicodeFormData.compatibleForms)
    var numbers = PackedNumbers(UnicodeFormData.compositions)
    var code: UInt32 = 0
    var compositions: [UInt64: UInt32] = [:]
    while let distance = numbers.next(), let first = numbers.next(), let second = numbers.next() {
      code += UInt32(distance)
      compositions[UInt64(first) << 32 | UInt64(second)] = code
    }
    self.compositions = compositions
  }

  /// Calls `body` with each scalar of the full decomposition, in order.
  func forEachDecomposed(_ scalar: UInt32, compatibly: Bool, _ body: (UInt32) -> Void) {
    guard compatibly, compatibleForms.contains(scalar) else {
      return UnicodeTables.shared.forEachDecomposed(scalar, body)
    }
    compatibleForms.forEachTarget(of: scalar, body)
  }

  /// What canonical composition joins two scalars to.
  func composition(of first: UInt32, _ second: UInt32) -> UInt32? {
    if first &- 0x1100 < 19, second &- 0x1161 < 21 {
      return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
    }
    if first &- 0xAC00 < 11172, (first - 0xAC00) % 28 == 0, second &- 0x11A8 < 27 {
      return first + second - 0x11A7
    }
    return compositions[UInt64(first) << 32 | UInt64(second)]
  }
}

/// The general categories, in the order of the tables.
enum GeneralCategory: UInt8, CaseIterable {
  case cn, lu, ll, lt, lm, lo, mn, mc, me, nd, nl, no, pc, pd, ps, pe, pi, pf, po, sm, sc, sk, so
  case zs, zl, zp, cc, cf, co, cs

  /// The categories that a name as `L` or `Nd` stands for; nil for an unknown name.
  static func named(_ name: String) -> [GeneralCategory]? {
    let wanted = name.lowercased()
    let found = allCases.filter { category in
      let spelling = "\(category)"
      return spelling == wanted || (wanted.utf8.count == 1 && spelling.hasPrefix(wanted))
    }
    return found.isEmpty ? nil : found
  }
}
