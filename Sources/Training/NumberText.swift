import Glibc

/// Numbers as people read them, the same in every locale.
package enum NumberText {
  /// A number with that many decimals.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let scale = pow(10, Double(decimals))
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let digits = String(Int64(scaled))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + padded.dropLast(decimals) + (decimals > 0 ? "." + padded.suffix(decimals) : "")
  }

  /// A number as a mantissa with that many decimals and a power of ten.
  package static func scientific(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, value != 0 else { return fixed(value, decimals) }
    var exponent = Int(floor(log10(value.magnitude)))
    var mantissa = fixed(value / pow(10, Double(exponent)), decimals)
    if mantissa.drop(while: { $0 == "-" }).hasPrefix("10") {
      exponent += 1
      mantissa = fixed(value / pow(10, Double(exponent)), decimals)
    }
    let digits = String(abs(exponent))
    return "\(mantissa)e\(exponent < 0 ? "-" : "+")\(digits.count < 2 ? "0" : "")\(digits)"
  }

  /// A whole number with commas between thousands.
  package static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A number of bytes in millions.
  package static func megabytes(_ bytes: Int) -> String {
    grouped((bytes + 500_000) / 1_000_000) + " MB"
  }

  /// A number of things, with the word in the singular for one.
  package static func counted(_ count: Int, _ word: String, plural: String = "s") -> String {
    "\(grouped(count)) \(word)\(count == 1 ? "" : plural)"
  }

  /// A short time in milliseconds, or from a second on in seconds.
  package static func brief(_ seconds: Double) -> String {
    seconds < 0.9995 ? "\(fixed(seconds * 1e3, 0)) ms" : "\(fixed(seconds, 1)) s"
  }

  /// A time span in its two largest units.
  package static func span(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let whole = Int(max(0, seconds).rounded())
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3_600: return "\(whole / 60) min \(whole % 60) s"
    case ..<86_400: return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h"
    }
  }
}

extension Duration {
  /// The duration in seconds.
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
