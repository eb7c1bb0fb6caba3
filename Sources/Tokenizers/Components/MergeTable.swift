import Tokens

/// The pairs of tokens that are joined, with their order and what they become.
struct MergeTable: Sendable {
  /// What becomes of a pair.
  struct Merge {
    let rank: Int32
    let id: TokenID
  }

  private struct Slot: Sendable {
    var pair: UInt64 = .max
    var rank: Int32 = 0
    var id: TokenID = 0
  }

  /// The pairs by rank; where one appears twice the later rank counts.
  private(set) var pairs: [(left: TokenID, right: TokenID)] = []
  private var slots = [Slot](repeating: Slot(), count: 64)
  private var used = 0

  init(capacity: Int = 0) {
    var size = 64
    while size < 2 * capacity { size *= 2 }
    slots = [Slot](repeating: Slot(), count: size)
  }

  /// Adds a pair behind all others.
  mutating func append(_ left: TokenID, _ right: TokenID, becomes id: TokenID) {
    if 2 * (used + 1) > slots.count { grow() }
    let pair = Self.pair(left, right)
    let place = place(of: pair)
    if slots[place].pair == .max { used += 1 }
    slots[place] = Slot(pair: pair, rank: Int32(pairs.count), id: id)
    pairs.append((left, right))
  }

  /// What becomes of two tokens side by side.
  @inline(__always)
  subscript(_ left: TokenID, _ right: TokenID) -> Merge? {
    let slot = slots[place(of: Self.pair(left, right))]
    return slot.pair == .max ? nil : Merge(rank: slot.rank, id: slot.id)
  }

  private static func pair(_ left: TokenID, _ right: TokenID) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func place(of pair: UInt64) -> Int {
    let mask = slots.count - 1
    let mixed = (pair ^ pair >> 31) &* 0x9E37_79B9_7F4A_7C15
    var place = Int(truncatingIfNeeded: mixed >> 32) & mask
    while slots[place].pair != .max, slots[place].pair != pair { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: 2 * old.count)
    for slot in old where slot.pair != .max { slots[place(of: slot.pair)] = slot }
  }
}
