/// Turns bytes into Unicode scalars and back.
enum UTF8Decoder {
  /// What stands for bytes that are not UTF-8.
  static let replacement: UInt32 = 0xFFFD

  /// Appends the scalars of `bytes`.
  ///
  /// Each longest start of a valid sequence that does not become one is one U+FFFD, and so is every
  /// other invalid byte.
  ///
  /// Source: The Unicode Standard, 3.9, "U+FFFD substitution of maximal subparts"; Python's
  /// `bytes.decode("utf-8", "replace")`.
  static func decode(_ bytes: Span<UInt8>, into scalars: inout [UInt32]) {
    scalars.reserveCapacity(scalars.count + bytes.count)
    var index = 0
    while index < bytes.count {
      let first = bytes[index]
      if first < 0x80 {
        scalars.append(UInt32(first))
        index += 1
      } else {
        let (scalar, length) = scalar(of: bytes, at: index)
        scalars.append(scalar)
        index += length
      }
    }
  }

  /// The scalar that begins at a byte beyond ASCII, and how many bytes it has: U+FFFD and the bytes that
  /// it stands for where they are not UTF-8.
  static func scalar(of bytes: Span<UInt8>, at start: Int) -> (scalar: UInt32, length: Int) {
    let first = bytes[start]
    // The second byte's range keeps out overlong forms, surrogates and what is beyond U+10FFFF.
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    var left: Int
    var value: UInt32
    switch first {
    case 0xC2...0xDF: (left, value) = (1, UInt32(first & 0x1F))
    case 0xE0...0xEF:
      (left, value) = (2, UInt32(first & 0x0F))
      if first == 0xE0 { low = 0xA0 }
      if first == 0xED { high = 0x9F }
    case 0xF0...0xF4:
      (left, value) = (3, UInt32(first & 0x07))
      if first == 0xF0 { low = 0x90 }
      if first == 0xF4 { high = 0x8F }
    default: return (replacement, 1)
    }
    var index = start + 1
    while left > 0, index < bytes.count, bytes[index] >= low, bytes[index] <= high {
      value = value << 6 | UInt32(bytes[index] & 0x3F)
      index += 1
      left -= 1
      (low, high) = (0x80, 0xBF)
    }
    return (left > 0 ? replacement : value, index - start)
  }

  /// The scalars of bytes.
  static func scalars(of bytes: [UInt8]) -> [UInt32] {
    var scalars: [UInt32] = []
    decode(bytes.span, into: &scalars)
    return scalars
  }

  /// The scalar that begins at a byte, and how many bytes it has.
  static func scalar(at start: Int, of bytes: [UInt8]) -> (scalar: UInt32, length: Int) {
    let first = bytes[start]
    return first < 0x80 ? (UInt32(first), 1) : scalar(of: bytes.span, at: start)
  }

  /// The UTF-8 form of a scalar.
  static func bytes(of scalar: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    encode(scalar, into: &bytes)
    return bytes
  }

  /// Whether bytes are UTF-8.
  static func isValid(_ bytes: [UInt8]) -> Bool {
    var scalars: [UInt32] = []
    decode(bytes.span, into: &scalars)
    var again: [UInt8] = []
    again.reserveCapacity(bytes.count)
    for scalar in scalars { encode(scalar, into: &again) }
    return again == bytes
  }

  /// Appends the UTF-8 form of a scalar.
  static func encode(_ scalar: UInt32, into bytes: inout [UInt8]) {
    switch scalar {
    case ..<0x80: bytes.append(UInt8(scalar))
    case ..<0x800:
      bytes.append(UInt8(0xC0 | scalar >> 6))
      bytes.append(UInt8(0x80 | scalar & 0x3F))
    case ..<0x10000:
      bytes.append(UInt8(0xE0 | scalar >> 12))
      bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | scalar & 0x3F))
    default:
      bytes.append(UInt8(0xF0 | scalar >> 18))
      bytes.append(UInt8(0x80 | scalar >> 12 & 0x3F))
      bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | scalar & 0x3F))
    }
  }
}
