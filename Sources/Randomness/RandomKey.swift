/// The name of a reproducible random stream.
///
/// Keys form a tree: a seed is the root, and every derivation by words or by a name is a branch.
/// What is drawn under a key depends on nothing but the key, so a program that names its streams
/// after (seed, epoch, sample, place) needs no random state at all.
public struct RandomKey: Hashable, Sendable {
  /// The 64 bits that key the stream.
  public let word: UInt64

  /// The root of all keys of one seed; different seeds have different roots.
  public init(seed: UInt64) {
    word = mixed(seed &+ goldenWord)
  }

  /// A key from the bits of another one, for instance one that crossed a file or a C function.
  public init(word: UInt64) {
    self.word = word
  }

  /// The branch of this key for one word; different words give different branches.
  public func derived(_ branch: UInt64) -> RandomKey {
    RandomKey(word: mixed(mixed(word &+ goldenWord) ^ mixed(branch &+ 0xD1B5_4A32_D192_ED03)))
  }

  /// The branch of this key for several words, one after another.
  ///
  /// `key.derived(a, b) == key.derived(a).derived(b)`.
  public func derived(_ words: UInt64...) -> RandomKey {
    words.reduce(self) { $0.derived($1) }
  }

  /// The branch of this key for a name, apart from every branch that small words have.
  public func derived(_ name: StaticString) -> RandomKey {
    name.withUTF8Buffer { bytes in
      unsafe derived(bytes: bytes.span)
    }
  }

  /// The branch of this key for a name given as bytes; equal to the one for the same static name.
  public func derived(_ name: [UInt8]) -> RandomKey {
    derived(bytes: name.span)
  }

  private func derived(bytes: Span<UInt8>) -> RandomKey {
    var key = derived(0x6E61_6D65 << 32 | UInt64(bytes.count))
    var start = 0
    while start < bytes.count {
      var chunk: UInt64 = 0
      for place in 0..<min(8, bytes.count - start) {
        chunk |= UInt64(bytes[start + place]) << UInt64(8 * place)
      }
      key = key.derived(chunk)
      start += 8
    }
    return key
  }
}
