/// The counter-based generator Philox4x32-10: a keyed bijection of 128-bit blocks.
///
/// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3",
/// SC 2011.
public enum Philox {
  /// The random block at a counter under a key, lane by lane.
  public static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    var block = counter
    var key = key
    for _ in 0..<10 {
      let first = UInt64(block.x) * 0xD251_1F53
      let second = UInt64(block.z) * 0xCD9E_8D57
      block = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ block.y ^ key.x,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ block.w ^ key.y,
        UInt32(truncatingIfNeeded: first))
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return block
  }

  /// The random block at a 64-bit index of a key's stream, as two words.
  public static func words(at index: UInt64, of key: RandomKey) -> (UInt64, UInt64) {
    let block = block(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0, 0),
      key: SIMD2(
        UInt32(truncatingIfNeeded: key.word), UInt32(truncatingIfNeeded: key.word >> 32)))
    return (
      UInt64(block.y) << 32 | UInt64(block.x),
      UInt64(block.w) << 32 | UInt64(block.z)
    )
  }
}
