import Files

/// SentencePiece's normalizer: a map of byte sequences in a double-array trie.
///
/// Source: `tokenizers.normalizers.Precompiled`, which looks up whole grapheme clusters of less than six
/// bytes, takes the shortest entry that they begin with, and else goes on scalar by scalar.
struct PrecompiledMap: Sendable, Equatable {
  /// Clusters of more bytes are not looked up as a whole.
  private static let longestCluster = 5

  /// The map as the file has it, in base 64.
  let encoded: [UInt8]
  private let units: [UInt32]
  /// The replacements, each ended by a zero byte.
  private let replacements: [UInt8]
  /// Whether each byte begins no entry, so that ASCII text is quick to pass.
  private let begins: [Bool]

  /// Reads a map: the trie's size in bytes, the trie, the replacements.
  ///
  /// - Returns: nil if the bytes are no such map.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    func unit(at offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
    let size = Int(unit(at: 0))
    guard size >= 4, size % 4 == 0, size <= bytes.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(unit)
    replacements = Array(bytes[(4 + size)...])
    guard UTF8Decoder.isValid(replacements) else { return nil }
    encoded = Base64.encode(bytes)
    let root = Int(Self.offset(units[0]))
    let units = units
    begins = (0..<256).map { byte in
      let place = root ^ byte
      return byte != 0 && place < units.count && units[place] & 0x8000_00FF == UInt32(byte)
    }
    guard isSound else { return nil }
  }

  private static func offset(_ unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & 1 << 9) >> 6) }

  /// Whether every replacement lies within the replacements.
  private var isSound: Bool {
    for (place, unit) in units.enumerated() where unit & 1 << 8 != 0 && unit & 1 << 31 == 0 {
      let leaf = place ^ Int(Self.offset(unit))
      guard leaf < units.count else { return false }
      guard Int(units[leaf] & 0x7FFF_FFFF) <= replacements.count else { return false }
    }
    return true
  }

  /// The scalars of the shortest entry that bytes begin with.
  private func replacement(of bytes: some Sequence<UInt8>) -> [UInt32]? {
    var place = Int(Self.offset(units[0]))
    for byte in bytes {
      guard byte != 0 else { return nil }
      place ^= Int(byte)
      guard place < units.count else { return nil }
      let unit = units[place]
      guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
      place ^= Int(Self.offset(unit))
      guard unit & 1 << 8 != 0 else { continue }
      guard place < units.count else { return nil }
      let start = min(Int(units[place] & 0x7FFF_FFFF), replacements.count)
      let end = replacements[start...].firstIndex(of: 0) ?? replacements.count
      var scalars: [UInt32] = []
      UTF8Decoder.decode(replacements.span.extracting(start..<end), into: &scalars)
      return scalars
    }
    return nil
  }

  /// Whether a scalar may begin an entry.
  func mayReplace(_ scalar: UInt32) -> Bool { scalar >= 0x80 || begins[Int(scalar)] }

  /// Normalizes a text in place; `scratch` lends its memory.
  func normalize(_ text: inout NormalizedText, scratch: inout NormalizedText) {
    guard text.scalars.contains(where: mayReplace) else { return }
    var changes: [(scalar: UInt32, change: Int)] = []
    changes.reserveCapacity(text.scalars.count)
    var isChanged = false
    func replace(_ count: Int, by scalars: [UInt32]) {
      isChanged = true
      let first = changes.count
      for scalar in scalars { changes.append((scalar, 0)) }
      let added = scalars.count - count
      if added > 0 {
        for index in (first..<changes.count).suffix(added) { changes[index].change = 1 }
      } else if added < 0, !changes.isEmpty {
        changes[changes.count - 1].change += added
      }
    }
    var bytes: [UInt8] = []
    GraphemeClusters.forEach(in: text.scalars) { range in
      bytes.removeAll(keepingCapacity: true)
      for index in range where bytes.count <= Self.longestCluster {
        UTF8Decoder.encode(text.scalars[index], into: &bytes)
      }
      if bytes.count <= Self.longestCluster, let scalars = replacement(of: bytes) {
        return replace(range.count, by: scalars)
      }
      for index in range {
        bytes.removeAll(keepingCapacity: true)
        UTF8Decoder.encode(text.scalars[index], into: &bytes)
        if let scalars = replacement(of: bytes) {
          replace(1, by: scalars)
        } else {
          changes.append((text.scalars[index], 0))
        }
      }
    }
    guard isChanged else { return }
    var rewriter = TextRewriter(text, reusing: scratch)
    for change in changes { rewriter.append(change.scalar, change: change.change) }
    scratch = text
    text = rewriter.text
  }
}
