/// The generator MT19937 and the draws that PyTorch's CPU generator makes of it.
///
/// Nothing of Lockstep's own is random in this way: its state has to be carried along, and `Philox` has
/// none. It is here to repeat a run of PyTorch.
///
/// Source: Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
/// pseudo-random number generator", 1998; the draws as measured of `torch.Generator`.
public struct MersenneTwister: Sendable {
  private static let size = 624
  private static let shift = 397

  private var state: [UInt32]
  private var place = Self.size

  /// A generator in the state that `manual_seed` gives it, which reads the lower 32 bits.
  public init(seed: UInt64) {
    var word = UInt32(truncatingIfNeeded: seed)
    state = [word]
    for index in 1..<UInt32(Self.size) {
      word = 1_812_433_253 &* (word ^ word >> 30) &+ index
      state.append(word)
    }
  }

  /// 32 random bits.
  public mutating func next() -> UInt32 {
    if place == Self.size { refill() }
    var word = state[place]
    place += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  /// A number below 2⁶³, as `torch.empty((), dtype=torch.int64).random_()` draws it.
  public mutating func nextSeed() -> UInt64 {
    let upper = UInt64(next())
    return (upper << 32 | UInt64(next())) & (1 << 63 - 1)
  }

  /// Whether something of this probability happens, as `torch.bernoulli` draws it in float32.
  public mutating func happens(_ probability: Float) -> Bool {
    Float(next() & 0xFF_FFFF) * 0x1p-24 < probability
  }

  /// A number below a limit, as `torch.randint` draws it.
  ///
  /// - Precondition: the limit is in 1 ..< 2³².
  public mutating func below(_ limit: Int) -> Int { Int(next()) % limit }

  /// The numbers below `count` in random order, as `torch.randperm` gives them.
  public mutating func permutation(_ count: Int) -> [Int] {
    var numbers = Array(0..<count)
    for index in 0..<max(count - 1, 0) {
      numbers.swapAt(index, index + Int(next()) % (count - index))
    }
    return numbers
  }

  /// Passes over draws.
  public mutating func skip(_ count: Int) {
    var left = count
    while left > 0 {
      if place == Self.size { refill() }
      let step = min(left, Self.size - place)
      place += step
      left -= step
    }
  }

  private mutating func refill() {
    for index in 0..<Self.size {
      let next = state[(index + 1) % Self.size]
      let word = state[index] & 0x8000_0000 | next & 0x7FFF_FFFF
      state[index] =
        state[(index + Self.shift) % Self.size] ^ word >> 1 ^ (next & 1 == 1 ? 0x9908_B0DF : 0)
    }
    place = 0
  }
}
