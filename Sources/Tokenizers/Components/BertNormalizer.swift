/// Cleans, spaces, strips and lowercases text as BERT's original code does.
///
/// Source: `tokenizers.normalizers.BertNormalizer`.
struct BertNormalizer: Sendable, Equatable {
  /// Whether control characters are dropped and white space becomes spaces.
  var cleansText = true
  /// Whether ideographs are set apart by spaces.
  var spacesIdeographs = true
  /// Whether text is decomposed and loses its nonspacing marks; nil does as `lowercases` says.
  var stripsAccents: Bool?
  /// Whether text is lowercased.
  var lowercases = true

  /// Normalizes a text in place; `scratch` lends its memory.
  func normalize(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    guard !text.scalars.allSatisfy({ $0 &- 0x20 < 0x5F }) else {
      // Letters of printable ASCII are all that may change.
      if lowercases {
        for index in text.scalars.indices where text.scalars[index] &- 0x41 < 26 {
          text.scalars[index] |= 0x20
        }
      }
      return
    }
    let tables = UnicodeTables.shared
    if cleansText || spacesIdeographs {
      rewrite(&text, &scratch) { clean(&$0, into: &$1, tables) }
    }
    if stripsAccents ?? lowercases, text.scalars.contains(where: { $0 >= 0x80 }) {
      rewrite(&text, &scratch) { strip(&$0, into: &$1, tables) }
    }
    if lowercases {
      rewrite(&text, &scratch) { lowercase(&$0, into: &$1, tables) }
    }
  }

  private func rewrite(
    _ text: inout NormalizedText, _ scratch: inout NormalizedText,
    _ pass: (inout NormalizedText, inout NormalizedText) -> Void
  ) {
    scratch.empty(at: text.start)
    pass(&text, &scratch)
    swap(&text, &scratch)
  }

  private func clean(
    _ text: inout NormalizedText, into output: inout NormalizedText, _ tables: UnicodeTables
  ) {
    for index in text.scalars.indices {
      var scalar = text.scalars[index]
      let source = text.sources[index]
      let properties = tables.properties[scalar]
      if cleansText {
        if properties.contains(.removed) { continue }
        if properties.contains(.cleanedToSpace) { scalar = 0x20 }
      }
      if spacesIdeographs, properties.contains(.ideograph) {
        output.append(0x20, source)
        output.append(scalar, source)
        output.append(0x20, source)
      } else {
        output.append(scalar, source)
      }
    }
  }

  private func lowercase(
    _ text: inout NormalizedText, into output: inout NormalizedText, _ tables: UnicodeTables
  ) {
    for index in text.scalars.indices {
      let scalar = text.scalars[index]
      let source = text.sources[index]
      if scalar < 0x80 {
        let isUppercase = scalar &- 0x41 < 26
        output.append(isUppercase ? scalar | 0x20 : scalar, source)
      } else {
        tables.forEachLowercased(scalar) { output.append($0, source) }
      }
    }
  }

  /// Decomposes canonically, sorts marks by combining class and drops the nonspacing ones.
  private func strip(
    _ text: inout NormalizedText, into output: inout NormalizedText, _ tables: UnicodeTables
  ) {
    var marks: [Mark] = []
    // The scalars of the text are given out as sources in the order of the result: each scalar that
    // starts a decomposition takes the next one, those that follow in it share the last.
    var taken = 0
    func emit(_ scalar: UInt32, isFirst: Bool) {
      if isFirst { taken += 1 }
      if !tables.properties[scalar].contains(.strippedMark) {
        output.append(scalar, text.sources[max(0, taken - 1)])
      }
    }
    func flush() {
      if marks.count > 1 {
        marks.sort { ($0.combiningClass, $0.place) < ($1.combiningClass, $1.place) }
      }
      for mark in marks { emit(mark.scalar, isFirst: mark.isFirst) }
      marks.removeAll(keepingCapacity: true)
    }
    for scalar in text.scalars {
      if scalar < 0x80 {
        flush()
        emit(scalar, isFirst: true)
        continue
      }
      var isFirst = true
      tables.forEachDecomposed(scalar) { part in
        let combiningClass = tables.combiningClass(of: part)
        if combiningClass == 0 {
          flush()
          emit(part, isFirst: isFirst)
        } else {
          marks.append(Mark(part, combiningClass, place: marks.count, isFirst: isFirst))
        }
        isFirst = false
      }
    }
    flush()
  }
}

/// A scalar that waits to be sorted among the marks of one base.
private struct Mark {
  let scalar: UInt32
  let combiningClass: UInt8
  let place: Int
  let isFirst: Bool

  init(_ scalar: UInt32, _ combiningClass: UInt8, place: Int, isFirst: Bool) {
    self.scalar = scalar
    self.combiningClass = combiningClass
    self.place = place
    self.isFirst = isFirst
  }
}
