/// The scalars that one place of a regular expression takes.
struct ScalarSet: Sendable, Equatable {
  /// A part of a set.
  enum Part: Sendable, Equatable {
    case range(ClosedRange<UInt32>)
    case categories([GeneralCategory], isNegated: Bool)
    case whiteSpace(isNegated: Bool)
    /// The reference's engine leaves superscripts and fractions of Latin-1 out within brackets.
    case word(isNegated: Bool, inBrackets: Bool)
    case set(ScalarSet)
  }

  var parts: [Part] = []
  var isNegated = false
  /// Whether letters of either case are taken.
  var ignoresCase = false

  static let space = ScalarSet(parts: [.range(0x20...0x20)])

  func contains(_ scalar: UInt32) -> Bool {
    if parts.contains(where: { Self.takes($0, scalar) }) { return !isNegated }
    guard ignoresCase else { return isNegated }
    let other = Self.otherCase(of: scalar)
    return other != scalar && parts.contains { Self.takes($0, other) } ? !isNegated : isNegated
  }

  private static let outsideBrackets: [UInt32] = [0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE]

  private static func takes(_ part: Part, _ scalar: UInt32) -> Bool {
    switch part {
    case .range(let range): return range.contains(scalar)
    case .categories(let categories, let isNegated):
      return categories.contains(UnicodeTextTables.shared.categories[scalar]) != isNegated
    case .whiteSpace(let isNegated):
      return UnicodeTextTables.shared.traits[scalar].contains(.whiteSpace) != isNegated
    case .word(let isNegated, let inBrackets):
      let isWord =
        UnicodeTextTables.shared.traits[scalar].contains(.word)
        && !(inBrackets && outsideBrackets.contains(scalar))
      return isWord != isNegated
    case .set(let set): return set.contains(scalar)
    }
  }

  /// The letter of the other case, for ASCII and for U+017F, the long s.
  private static func otherCase(of scalar: UInt32) -> UInt32 {
    if scalar == 0x17F { return 0x73 }
    let isLetter = (scalar | 0x20) &- 0x61 < 26
    return isLetter ? scalar ^ 0x20 : scalar
  }
}
