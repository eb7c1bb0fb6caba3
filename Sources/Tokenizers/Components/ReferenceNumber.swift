/// Reads numbers as the reference does, which may be off by one in the last place: where two spellings of
/// a word are equally likely, that decides.
///
/// Source: `serde_json` without its feature `float_roundtrip`.
enum ReferenceNumber {
  /// The value of a number in JSON's spelling; nil if it is too large.
  static func value(of text: String) -> Double? {
    var bytes = Array(text.utf8)[...]
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { bytes = bytes.dropFirst() }
    var significand: UInt64 = 0
    var exponent = 0
    var isFull = false
    var isFraction = false
    while let byte = bytes.first, byte == UInt8(ascii: ".") || byte &- 0x30 < 10 {
      bytes = bytes.dropFirst()
      guard byte != UInt8(ascii: ".") else {
        isFraction = true
        continue
      }
      let (product, overflows) = significand.multipliedReportingOverflow(by: 10)
      let (sum, alsoOverflows) = product.addingReportingOverflow(UInt64(byte - 0x30))
      isFull = isFull || overflows || alsoOverflows
      if isFull {
        if !isFraction { exponent += 1 }
      } else {
        significand = sum
        if isFraction { exponent -= 1 }
      }
    }
    if !bytes.isEmpty {
      let digits = bytes.dropFirst().drop { $0 == UInt8(ascii: "+") }
      exponent += max(-100_000, min(100_000, Int(String(decoding: digits, as: UTF8.self)) ?? 0))
    }
    guard let value = scaled(Double(significand), by: exponent) else { return nil }
    return isNegative ? -value : value
  }

  private static func scaled(_ significand: Double, by exponent: Int) -> Double? {
    var (value, exponent) = (significand, exponent)
    while exponent < -308, value != 0 {
      value /= 1e308
      exponent += 308
    }
    guard value != 0 else { return 0 }
    guard exponent <= 308, let power = Double("1e\(abs(exponent))") else { return nil }
    let result = exponent >= 0 ? value * power : value / power
    return result.isFinite ? result : nil
  }
}
