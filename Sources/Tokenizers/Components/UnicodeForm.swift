/// One of Unicode's four normalization forms.
///
/// Source: `tokenizers.normalizers.NFC` and its sisters; The Unicode Standard, 3.11.
enum UnicodeForm: String, Sendable, CaseIterable {
  case nfc = "NFC"
  case nfd = "NFD"
  case nfkc = "NFKC"
  case nfkd = "NFKD"

  /// A scalar with what it does to the count of scalars.
  private struct Change {
    var scalar: UInt32
    var change: Int
  }

  /// Normalizes a text in place; `scratch` lends its memory.
  func normalize(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    guard !text.isASCII else { return }
    var changes = decomposed(text.scalars)
    if self == .nfc || self == .nfkc { changes = composed(changes) }
    var rewriter = TextRewriter(text, reusing: scratch)
    for change in changes { rewriter.append(change.scalar, change: change.change) }
    scratch = text
    text = rewriter.text
  }

  /// Every scalar taken apart, marks sorted by combining class.
  private func decomposed(_ scalars: [UInt32]) -> [Change] {
    let (tables, textTables) = (UnicodeTables.shared, UnicodeTextTables.shared)
    let isCompatible = self == .nfkc || self == .nfkd
    var changes: [Change] = []
    changes.reserveCapacity(scalars.count)
    var marks: [(combiningClass: UInt8, change: Change)] = []
    func flush() {
      guard !marks.isEmpty else { return }
      if marks.count > 1 {
        let order = marks.indices.sorted {
          (marks[$0].combiningClass, $0) < (marks[$1].combiningClass, $1)
        }
        for index in order { changes.append(marks[index].change) }
      } else {
        changes.append(marks[0].change)
      }
      marks.removeAll(keepingCapacity: true)
    }
    for scalar in scalars {
      var isFirst = true
      textTables.forEachDecomposed(scalar, compatibly: isCompatible) { part in
        let change = Change(scalar: part, change: isFirst ? 0 : 1)
        isFirst = false
        let combiningClass = part < 0x300 ? 0 : tables.combiningClass(of: part)
        if combiningClass == 0 {
          flush()
          changes.append(change)
        } else {
          marks.append((combiningClass, change))
        }
      }
    }
    flush()
    return changes
  }

  /// Starters joined with the marks and starters behind them that are not blocked.
  private func composed(_ parts: [Change]) -> [Change] {
    let (tables, textTables) = (UnicodeTables.shared, UnicodeTextTables.shared)
    var result: [Change] = []
    result.reserveCapacity(parts.count)
    /// The place of the last starter in `result`.
    var starter: Int?
    var lastClass: UInt8?
    for part in parts {
      let combiningClass = tables.combiningClass(of: part.scalar)
      guard let place = starter else {
        if combiningClass == 0 { starter = result.count }
        result.append(part)
        continue
      }
      let isBlocked = lastClass.map { $0 >= combiningClass } ?? false
      if !isBlocked,
        let joined = textTables.composition(of: result[place].scalar, part.scalar)
      {
        result[place] = Change(
          scalar: joined, change: result[place].change + part.change - 1)
        continue
      }
      if combiningClass == 0 {
        starter = result.count
        lastClass = nil
      } else {
        lastClass = combiningClass
      }
      result.append(part)
    }
    return result
  }
}
