import Tokens

/// A piece of text of at most 16 bytes, none of which is zero, as two numbers.
struct ShortWord: Equatable {
  /// The longest word, in bytes.
  static let longest = 16

  fileprivate let low: UInt64
  fileprivate let high: UInt64

  /// Takes a run of bytes.
  ///
  /// - Precondition: It has 1 to `longest` bytes, and none is zero.
  @inline(__always)
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    guard range.lowerBound + 16 <= bytes.count else {
      var (low, high): (UInt64, UInt64) = (0, 0)
      for index in range.reversed() {
        high = high << 8 | low >> 56
        low = low << 8 | UInt64(bytes[index])
      }
      (self.low, self.high) = (low, high)
      return
    }
    // In one expression: whether `bytes` alone is unsafe depends on the compiler.
    let first = unsafe bytes.bytes.unsafeLoadUnaligned(
      fromByteOffset: range.lowerBound, as: UInt64.self)
    let second = unsafe bytes.bytes.unsafeLoadUnaligned(
      fromByteOffset: range.lowerBound + 8, as: UInt64.self)
    let bits = UInt64(8 * range.count)
    low = UInt64(littleEndian: first) & (1 << bits &- 1)
    high = bits > 64 ? UInt64(littleEndian: second) & (1 << (bits - 64) &- 1) : 0
  }

  /// Where to look for the word first.
  ///
  /// Source: the folded multiplication of wyhash.
  fileprivate var hash: Int {
    let product = (low ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(
      by: high ^ 0xE703_7ED1_A0B4_28DB)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }
}

/// The tokens of short words that were met lately, for texts repeat their words.
struct ShortWords: Sendable {
  /// How many words are kept before all are forgotten.
  private static let limit = 1 << 16
  /// How many places are looked at for a word: no text can make the search long.
  private static let probeCount = 16

  private struct Slot: Sendable {
    /// 0 in both for a place that is free.
    var low: UInt64 = 0
    var high: UInt64 = 0
    /// The token if there is one only, else where the tokens begin in `ids`.
    var start: UInt32 = 0
    var count: UInt32 = 0
  }

  private var slots = [Slot](repeating: Slot(), count: 1 << 10)
  private var count = 0
  private var ids: [TokenID] = []

  /// Appends the tokens of a word and returns true if it is known.
  @inline(__always)
  func append(_ word: ShortWord, to output: inout [TokenID]) -> Bool {
    guard let place = place(of: word), slots[place].low != 0 else { return false }
    let slot = slots[place]
    if slot.count == 1 {
      output.append(TokenID(truncatingIfNeeded: slot.start))
      return true
    }
    for index in Int(slot.start)..<Int(slot.start) + Int(slot.count) { output.append(ids[index]) }
    return true
  }

  /// Keeps the tokens of a word that is not known, unless its place is crowded.
  mutating func learn(_ word: ShortWord, _ tokens: [Piece]) {
    if count * 2 >= slots.count { grow() }
    guard let place = place(of: word) else { return }
    var slot = Slot(low: word.low, high: word.high)
    slot.count = UInt32(tokens.count)
    if tokens.count == 1 {
      slot.start = UInt32(truncatingIfNeeded: tokens[0].id)
    } else {
      slot.start = UInt32(ids.count)
      for token in tokens { ids.append(token.id) }
    }
    slots[place] = slot
    count += 1
  }

  /// Where a word is, or the free place where it belongs; nil if there is neither.
  @inline(__always)
  private func place(of word: ShortWord) -> Int? {
    let mask = slots.count - 1
    var place = word.hash & mask
    for _ in 0..<Self.probeCount {
      let slot = slots[place]
      if slot.low == word.low, slot.high == word.high { return place }
      if slot.low == 0 { return place }
      place = (place + 1) & mask
    }
    return nil
  }

  private mutating func grow() {
    let old = slots
    let isFull = count >= Self.limit
    slots = [Slot](repeating: Slot(), count: isFull ? old.count : old.count * 2)
    count = 0
    guard !isFull else { return ids.removeAll(keepingCapacity: true) }
    for slot in old where slot.low != 0 {
      guard let place = place(of: ShortWord(low: slot.low, high: slot.high)) else { continue }
      slots[place] = slot
      count += 1
    }
  }
}

extension ShortWord {
  fileprivate init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }
}
