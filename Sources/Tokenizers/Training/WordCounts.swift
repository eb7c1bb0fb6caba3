/// How often each word of a text occurs, in a form in which parts can be counted apart and put
/// together: a vocabulary learnt from the sum does not depend on how the text was divided.
public struct WordCounts: Sendable {
  private var words = ByteStrings()
  private var counts: [Int] = []

  private static let magic = Array("lockstep words 1\n".utf8)

  /// No words yet.
  public init() {}

  /// How many different words there are.
  public var distinctCount: Int { words.count }

  /// How many words there are, each time counted.
  public var totalCount: Int { counts.reduce(0) { $0 &+ $1 } }

  /// How often a word occurs.
  public func count(of word: [UInt8]) -> Int { words.place(of: word).map { counts[$0] } ?? 0 }

  /// Adds occurrences of a word.
  ///
  /// - Precondition: `count` is at least 0, and the sum fits an `Int`.
  public mutating func add(_ word: [UInt8], count: Int = 1) { add(word.span, count: count) }

  mutating func add(_ word: Span<UInt8>, count: Int) {
    precondition(count >= 0, "a word is counted \(count) times")
    guard count > 0 else { return }
    let place = words.insert(word, hash: ByteHash().adding(word))
    if place == counts.count { counts.append(0) }
    counts[place] += count
  }

  /// Adds all that another count has.
  public mutating func merge(_ other: WordCounts) {
    other.forEach { word, count in add(word, count: count) }
  }

  /// Calls `body` with each word and its count, in the order in which the words were met first.
  public func forEach(_ body: (_ word: [UInt8], _ count: Int) throws -> Void) rethrows {
    for place in 0..<words.count { try body(words[place], counts[place]) }
  }

  /// Returns the counts as bytes, words ascending: equal counts give equal bytes.
  public func serialized() -> [UInt8] {
    let order = (0..<words.count).map { (words[$0], counts[$0]) }
      .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    var bytes = Self.magic
    Self.append(order.count, to: &bytes)
    for (word, count) in order {
      Self.append(word.count, to: &bytes)
      bytes += word
      Self.append(count, to: &bytes)
    }
    return bytes
  }

  /// Reads what `serialized()` wrote.
  ///
  /// - Throws: `TokenizerError.damagedCounts`.
  public init(serialized bytes: [UInt8]) throws {
    guard bytes.starts(with: Self.magic) else {
      throw TokenizerError.damagedCounts(offset: 0, problem: "other first bytes")
    }
    var offset = Self.magic.count
    let count = try Self.number(bytes, &offset)
    var last: [UInt8]?
    for _ in 0..<count {
      let start = offset
      let length = try Self.number(bytes, &offset)
      guard length <= bytes.count - offset else {
        throw TokenizerError.damagedCounts(offset: start, problem: "a word beyond the end")
      }
      let word = Array(bytes[offset..<offset + length])
      guard last?.lexicographicallyPrecedes(word) ?? true else {
        throw TokenizerError.damagedCounts(offset: start, problem: "a word out of order")
      }
      offset += length
      let occurrences = try Self.number(bytes, &offset)
      guard occurrences > 0 else {
        throw TokenizerError.damagedCounts(offset: start, problem: "a word that never occurs")
      }
      add(word, count: occurrences)
      last = word
    }
    guard offset == bytes.count else {
      throw TokenizerError.damagedCounts(offset: offset, problem: "bytes behind the last word")
    }
  }

  /// Seven bits a byte, the least significant first; all but the last byte have the high bit.
  private static func append(_ number: Int, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 128 {
      bytes.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func number(_ bytes: [UInt8], _ offset: inout Int) throws -> Int {
    var value = 0
    var shift = 0
    while offset < bytes.count, shift <= 49 {
      let byte = bytes[offset]
      offset += 1
      value |= Int(byte & 127) << shift
      if byte < 128 { return value }
      shift += 7
    }
    throw TokenizerError.damagedCounts(offset: offset, problem: "a number without an end")
  }
}

extension WordCounts: Equatable {
  /// Whether both have the same words, each as often.
  public static func == (left: WordCounts, right: WordCounts) -> Bool {
    guard left.words.count == right.words.count else { return false }
    return (0..<left.words.count).allSatisfy {
      right.count(of: left.words[$0]) == left.counts[$0]
    }
  }
}
