// Links the mathematical library, which `squareRoot()` may call.
import Glibc

/// The random numbers of one key, in order: the same on every machine, rank and thread.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: RandomKey
  private var index: UInt64 = 0
  private var kept: UInt64?
  private var keptNormal: Float?

  /// Starts the stream of a key at its beginning.
  public init(_ key: RandomKey) {
    self.key = key
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if let word = kept {
      kept = nil
      return word
    }
    let (first, second) = Philox.words(at: index, of: key)
    index &+= 1
    kept = second
    return first
  }

  /// A number in [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniformDouble() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// An unbiased number in 0 ..< `bound`.
  ///
  /// Source: D. Lemire, "Fast Random Integer Generation in an Interval", 2019.
  ///
  /// - Precondition: `bound` is positive.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a number below \(bound) does not exist")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold {
        product = next().multipliedFullWidth(by: bound)
      }
    }
    return Int(product.high)
  }

  /// A number of the standard normal distribution.
  ///
  /// Uses only operations that IEEE 754 rounds exactly, so it has the same bits on every machine
  /// and under every C library.
  ///
  /// Source: G. Marsaglia, T. Bray, "A Convenient Method for Generating Normal Variables", 1964.
  public mutating func normal() -> Float {
    if let number = keptNormal {
      keptNormal = nil
      return number
    }
    while true {
      let first = 2 * uniformDouble() - 1
      let second = 2 * uniformDouble() - 1
      let square = first * first + second * second
      if square > 0 && square < 1 {
        let factor = (-2 * naturalLogarithm(square) / square).squareRoot()
        keptNormal = Float(second * factor)
        return Float(first * factor)
      }
    }
  }
}

/// The logarithm of a positive normal number to within about 2 units in the last place.
///
/// With x = 2ᵉ·m and s = (m - 1) / (m + 1), log x = e·log 2 + 2·(s + s³/3 + s⁵/5 + …).
private func naturalLogarithm(_ number: Double) -> Double {
  var exponent = Double(number.exponent)
  var mantissa = number.significand
  if mantissa > 1.414_213_562_373_095 {
    mantissa *= 0.5
    exponent += 1
  }
  let ratio = (mantissa - 1) / (mantissa + 1)
  let square = ratio * ratio
  var sum = 0.0
  for odd in stride(from: 23.0, through: 1.0, by: -2.0) {
    sum = sum * square + 1 / odd
  }
  return exponent * 0.693_147_180_559_945_3 + 2 * ratio * sum
}
