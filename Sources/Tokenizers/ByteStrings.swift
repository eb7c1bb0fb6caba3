/// A set of byte strings, each known by its number in the order in which they were added.
///
/// Bytes, not Swift strings, are compared: those merge what is canonically equivalent.
struct ByteStrings: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// A part of the hash in the upper half, one more than the place in the lower; 0 is free.
  private var slots: [UInt64]

  init(capacity: Int = 0) {
    var size = 64
    while size * 3 < capacity * 4 { size *= 2 }
    slots = [UInt64](repeating: 0, count: size)
    ends.reserveCapacity(capacity)
  }

  var count: Int { ends.count }

  /// How many bytes all strings have together.
  var byteCount: Int { bytes.count }

  /// Where a string lies among the bytes of all.
  func range(at place: Int) -> Range<Int> { (place == 0 ? 0 : ends[place - 1])..<ends[place] }

  /// The string that was added as number `place`.
  subscript(_ place: Int) -> [UInt8] { [UInt8](bytes[range(at: place)]) }

  /// Returns a string's place.
  func place(of string: Span<UInt8>, hash: ByteHash) -> Int? {
    place(of: string.extracting(first: 0), then: string, hash: hash)
  }

  /// Returns a string's place.
  func place(of string: [UInt8]) -> Int? {
    place(of: string.span, hash: ByteHash().adding(string.span))
  }

  /// Returns the place of a string that is given in two parts; `hash` covers both.
  func place(of first: Span<UInt8>, then second: Span<UInt8>, hash: ByteHash) -> Int? {
    let mixed = hash.mixed
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: mixed) & mask
    while slots[slot] != 0 {
      let found = slots[slot]
      if found >> 32 == mixed >> 32 {
        let place = Int(found & 0xFFFF_FFFF) - 1
        if equals(place, first, second) { return place }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Adds a string that is not there yet and returns its place.
  @discardableResult
  mutating func append(_ string: Span<UInt8>, hash: ByteHash) -> Int {
    if (ends.count + 1) * 4 > slots.count * 3 { grow() }
    for index in string.indices { bytes.append(string[index]) }
    ends.append(bytes.count)
    store(place: ends.count - 1, mixed: hash.mixed)
    return ends.count - 1
  }

  /// Returns the place of a string, which is added if it is not there yet.
  mutating func insert(_ string: Span<UInt8>, hash: ByteHash) -> Int {
    place(of: string, hash: hash) ?? append(string, hash: hash)
  }

  /// Forgets all strings and keeps the memory.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = 0 }
  }

  private func equals(_ place: Int, _ first: Span<UInt8>, _ second: Span<UInt8>) -> Bool {
    let range = range(at: place)
    guard range.count == first.count + second.count else { return false }
    let middle = range.lowerBound + first.count
    for index in first.indices where bytes[range.lowerBound + index] != first[index] {
      return false
    }
    for index in second.indices where bytes[middle + index] != second[index] { return false }
    return true
  }

  private mutating func store(place: Int, mixed: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: mixed) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = mixed & ~0xFFFF_FFFF | UInt64(place + 1)
  }

  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: slots.count * 2)
    for place in ends.indices {
      let hash = ByteHash().adding(bytes.span.extracting(range(at: place)))
      store(place: place, mixed: hash.mixed)
    }
  }
}

/// A hash that grows byte by byte, so that all starts of a word cost one pass.
///
/// Source: FNV-1a, and the finalizer of MurmurHash3.
struct ByteHash: Sendable {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  func adding(_ bytes: Span<UInt8>) -> ByteHash {
    var hash = self
    for index in bytes.indices { hash.add(bytes[index]) }
    return hash
  }

  /// All bits of the state spread over all bits.
  var mixed: UInt64 {
    var value = (state ^ state >> 33) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 33
  }
}
