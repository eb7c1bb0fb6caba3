import Files

/// The first part of a tokenizer: rewrites the text.
///
/// A new kind is a case here.
indirect enum Normalizer: Sendable, Equatable {
  case none
  case bert(BertNormalizer)
  case form(UnicodeForm)
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case nmt
  case byteLevel
  case prepend([UInt32])
  case replace(TextPattern, content: [UInt32])
  case precompiled(PrecompiledMap)
  case sequence([Normalizer])

  /// Normalizes a text in place; `scratch` lends its memory.
  func normalize(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    switch self {
    case .none: break
    case .bert(let bert): bert.normalize(&text, scratch: &scratch)
    case .form(let form): form.normalize(&text, scratch: &scratch)
    case .precompiled(let map): map.normalize(&text, scratch: &scratch)
    case .lowercase: Self.lowercase(&text, scratch: &scratch)
    case .stripAccents: Self.stripAccents(&text, scratch: &scratch)
    case .strip(let left, let right): Self.strip(&text, left: left, right: right)
    case .nmt: Self.nmt(&text, scratch: &scratch)
    case .byteLevel:
      scratch.empty(at: text.start)
      for index in text.scalars.indices {
        ByteAlphabet.shared.append(text.scalars[index], text.sources[index], to: &scratch)
      }
      swap(&text, &scratch)
    case .prepend(let scalars):
      guard let source = text.sources.first else { return }
      text.scalars.insert(contentsOf: scalars, at: 0)
      text.sources.insert(contentsOf: repeatElement(source, count: scalars.count), at: 0)
    case .replace(let pattern, let content):
      Self.replace(&text, scratch: &scratch, pattern, content)
    case .sequence(let parts):
      for part in parts { part.normalize(&text, scratch: &scratch) }
    }
  }

  private static func lowercase(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    scratch.empty(at: text.start)
    for index in text.scalars.indices {
      let (scalar, source) = (text.scalars[index], text.sources[index])
      if scalar < 0x80 {
        scratch.append(scalar &- 0x41 < 26 ? scalar | 0x20 : scalar, source)
      } else {
        UnicodeTables.shared.forEachLowercased(scalar) { scratch.append($0, source) }
      }
    }
    swap(&text, &scratch)
  }

  private static func stripAccents(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    guard !text.isASCII else { return }
    let traits = UnicodeTextTables.shared.traits
    scratch.empty(at: text.start)
    for index in text.scalars.indices where !traits[text.scalars[index]].contains(.accent) {
      scratch.append(text.scalars[index], text.sources[index])
    }
    swap(&text, &scratch)
  }

  private static func strip(_ text: inout NormalizedText, left: Bool, right: Bool) {
    let traits = UnicodeTextTables.shared.traits
    if right {
      let kept = text.scalars.lastIndex { !traits[$0].contains(.whiteSpace) }.map { $0 + 1 } ?? 0
      text.scalars.removeSubrange(kept...)
      text.sources.removeSubrange(kept...)
    }
    if left {
      let first = text.scalars.firstIndex { !traits[$0].contains(.whiteSpace) }
      text.scalars.removeSubrange(..<(first ?? text.scalars.count))
      text.sources.removeSubrange(..<(first ?? text.sources.count))
    }
  }

  /// Drops control characters and turns what else is blank into spaces.
  ///
  /// Source: `tokenizers.normalizers.Nmt`.
  private static func nmt(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    guard !text.scalars.allSatisfy({ $0 &- 0x20 < 0x5F }) else { return }
    scratch.empty(at: text.start)
    for index in text.scalars.indices {
      let scalar = text.scalars[index]
      switch scalar {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: continue
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        scratch.append(0x20, text.sources[index])
      default: scratch.append(scalar, text.sources[index])
      }
    }
    swap(&text, &scratch)
  }

  /// Replaces matches; what takes their place comes from where their last scalar comes from.
  private static func replace(
    _ text: inout NormalizedText, scratch: inout NormalizedText, _ pattern: TextPattern,
    _ content: [UInt32]
  ) {
    var rewriter: TextRewriter?
    var end = 0
    pattern.forEachMatch(in: text.scalars, text.scalars.indices) { match in
      if rewriter == nil { rewriter = TextRewriter(text, reusing: scratch) }
      rewriter?.keep(end..<match.lowerBound)
      rewriter?.skip(match.count)
      for scalar in content { rewriter?.append(scalar, change: 1) }
      end = match.upperBound
    }
    guard var rewriter else { return }
    rewriter.keep(end..<text.scalars.count)
    scratch = text
    text = rewriter.text
  }
}
