/// A random order of 0 ..< `count` that is never written down: every place is computed on its own.
///
/// A Feistel network over pairs (left, right) with left < ⌈√count⌉ permutes a range that is hardly
/// larger than `count`; places outside are walked on until they fall inside.
///
/// Source: J. Black, P. Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002.
public struct Permutation: Sendable {
  /// How many places there are.
  public let count: Int

  private static let roundCount: UInt64 = 12
  private let key: RandomKey
  private let leftCount: UInt64
  private let rightCount: UInt64

  /// The permutation of 0 ..< `count` that belongs to a key.
  ///
  /// - Precondition: `count` is positive.
  public init(count: Int, key: RandomKey) {
    precondition(count > 0, "a permutation of \(count) places does not exist")
    self.count = count
    self.key = key
    var left = UInt64(Double(count).squareRoot())
    while left.multipliedReportingOverflow(by: left).partialValue < UInt64(count) {
      left += 1
    }
    leftCount = left
    rightCount = (UInt64(count) + left - 1) / left
  }

  /// What lies at a place of the permuted order.
  ///
  /// - Precondition: `place` is in 0 ..< `count`.
  public subscript(_ place: Int) -> Int {
    precondition(place >= 0 && place < count, "place \(place) of a permutation of \(count)")
    var walker = UInt64(place)
    repeat {
      walker = forward(walker)
    } while walker >= UInt64(count)
    return Int(walker)
  }

  /// The place at which a value lies: the inverse of the subscript.
  ///
  /// - Precondition: `value` is in 0 ..< `count`.
  public func place(of value: Int) -> Int {
    precondition(value >= 0 && value < count, "value \(value) of a permutation of \(count)")
    var walker = UInt64(value)
    repeat {
      walker = backward(walker)
    } while walker >= UInt64(count)
    return Int(walker)
  }

  private func forward(_ number: UInt64) -> UInt64 {
    var (right, left) = number.quotientAndRemainder(dividingBy: leftCount)
    for round in 0..<Self.roundCount {
      if round % 2 == 0 {
        left += shift(round, right, below: leftCount)
        if left >= leftCount { left -= leftCount }
      } else {
        right += shift(round, left, below: rightCount)
        if right >= rightCount { right -= rightCount }
      }
    }
    return right * leftCount + left
  }

  private func backward(_ number: UInt64) -> UInt64 {
    var (right, left) = number.quotientAndRemainder(dividingBy: leftCount)
    for round in (0..<Self.roundCount).reversed() {
      if round % 2 == 0 {
        let shift = shift(round, right, below: leftCount)
        left = left >= shift ? left - shift : left + leftCount - shift
      } else {
        let shift = shift(round, left, below: rightCount)
        right = right >= shift ? right - shift : right + rightCount - shift
      }
    }
    return right * leftCount + left
  }

  /// The round function: a number below `bound` that depends on the key, the round and one half.
  private func shift(_ round: UInt64, _ half: UInt64, below bound: UInt64) -> UInt64 {
    let salted = mixed(half &+ (round + 1) &* goldenWord)
    return mixed(key.word ^ salted).multipliedFullWidth(by: bound).high
  }
}
