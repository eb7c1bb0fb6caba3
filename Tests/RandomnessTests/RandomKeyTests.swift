import Randomness
import Testing

@Suite struct RandomKeyTests {
  @Test func derivationInOneGoEqualsDerivationStepByStep() {
    let key = RandomKey(seed: 7)
    #expect(key.derived(1, 2, 3) == key.derived(1).derived(2).derived(3))
    #expect(key.derived(1, 2) != key.derived(2, 1))
    #expect(key.derived(0) != key)
  }

  @Test func namesAreBytes() {
    let key = RandomKey(seed: 7)
    #expect(key.derived("masking") == key.derived(Array("masking".utf8)))
    #expect(key.derived("order") != key.derived("orders"))
    #expect(key.derived("a name of more than eight bytes") != key.derived("a name of more than 8"))
    #expect(key.derived("a\0") != key.derived("a"))
    #expect(key.derived("") != key)
  }

  /// Frozen values: whoever changes the derivation changes every run of every user.
  @Test func derivationNeverChanges() {
    #expect(RandomKey(seed: 0).word == 0xe220_a839_7b1d_cdaf)
    #expect(RandomKey(seed: 42).derived(1, 2).word == 0xd9f5_d8bc_1da1_1775)
    #expect(RandomKey(seed: 42).derived("masking").word == 0x4cf2_9978_086e_4410)
  }

  @Test func neighboursDoNotCollide() {
    var words: Set<UInt64> = []
    for seed in 0..<32 {
      for epoch in 0..<32 {
        for sample in 0..<64 {
          let key = RandomKey(seed: UInt64(seed)).derived(UInt64(epoch), UInt64(sample))
          words.insert(key.word)
        }
      }
    }
    #expect(words.count == 32 * 32 * 64)
  }

  /// One bit of a seed or of a branch must turn each bit of the key with probability 1/2.
  @Test(arguments: [false, true])
  func everyInputBitReachesEveryKeyBit(ofSeed: Bool) {
    let trialCount = 4096
    for input in 0..<64 {
      var turned = [Int](repeating: 0, count: 64)
      for trial in 0..<UInt64(trialCount) {
        let bit: UInt64 = 1 << UInt64(input)
        let before = ofSeed ? RandomKey(seed: trial) : RandomKey(seed: 3).derived(trial)
        let after = ofSeed ? RandomKey(seed: trial ^ bit) : RandomKey(seed: 3).derived(trial ^ bit)
        for output in 0..<64 where (before.word ^ after.word) >> UInt64(output) & 1 == 1 {
          turned[output] += 1
        }
      }
      // 4096 fair coins: 2048 within 6.5 standard deviations of 32, but trials pair up: 9.2 of them.
      for count in turned {
        #expect(abs(count - trialCount / 2) < 295, "input bit \(input)")
      }
    }
  }
}
