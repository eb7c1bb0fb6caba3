/// Spreads every bit of a word over all bits of the result; a bijection with `mixed(0) == 0`.
///
/// Source: the finalizer "Mix13" of D. Stafford, as used by SplitMix64.
func mixed(_ word: UInt64) -> UInt64 {
  var word = word
  word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
  word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
  return word ^ (word >> 31)
}

/// The odd number nearest to 2⁶⁴ divided by the golden ratio: adding it moves away from weak words.
let goldenWord: UInt64 = 0x9E37_79B9_7F4A_7C15
