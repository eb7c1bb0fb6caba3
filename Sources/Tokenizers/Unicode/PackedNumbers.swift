/// Reads the numbers of `UnicodeData`: five bits a character, least significant first, and a
/// character from the second half of the alphabet says that more follow.
struct PackedNumbers: IteratorProtocol {
  private let digits: StaticString
  private var position = 0

  init(_ digits: StaticString) {
    self.digits = digits
  }

  mutating func next() -> Int? {
    var value = 0
    var shift = 0
    while position < digits.utf8CodeUnitCount {
      let digit = Self.value(of: unsafe digits.utf8Start[position])
      position += 1
      value |= (digit & 31) << shift
      shift += 5
      if digit < 32 { return value }
    }
    return nil
  }

  /// Base 64's alphabet.
  private static func value(of character: UInt8) -> Int {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character) - 97 + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character) - 48 + 52
    case UInt8(ascii: "+"): 62
    default: 63
    }
  }
}
