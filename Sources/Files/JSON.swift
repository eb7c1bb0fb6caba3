/// A JSON value.
///
/// Objects keep the order of their members, keys and strings are UTF-8 bytes and compared as such, and
/// numbers keep their spelling.
package enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number, spelled as JSON spells it.
  case number(String)
  /// A string's UTF-8 bytes, escapes resolved.
  case string([UInt8])
  case array([JSON])
  case object(JSONObject)

  /// A string.
  package init(_ text: some StringProtocol) { self = .string(Array(text.utf8)) }

  /// A truth value.
  package init(_ value: Bool) { self = .bool(value) }

  /// A whole number.
  package init(_ value: some BinaryInteger) { self = .number("\(value)") }

  /// The shortest number that reads back as `value`; `null` for what JSON cannot spell (infinities and
  /// not-a-number).
  package init(_ value: Double) { self = value.isFinite ? .number("\(value)") : .null }

  /// The shortest number that reads back as `value`; `null` for what JSON cannot spell (infinities and
  /// not-a-number).
  package init(_ value: Float) { self = value.isFinite ? .number("\(value)") : .null }

  /// An array.
  package init(_ values: [JSON]) { self = .array(values) }

  /// An object of members in their order.
  ///
  /// - Precondition: No key appears twice.
  package init(_ members: [(String, JSON)]) { self = .object(JSONObject(members)) }

  /// The value under a key; nil if this is no object or has no such key.
  package subscript(key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// The members, if this is an object.
  package var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The elements, if this is an array.
  package var array: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// A string's UTF-8 bytes, if this is a string.
  package var bytes: [UInt8]? {
    if case .string(let bytes) = self { bytes } else { nil }
  }

  /// A string's text, if this is a string; fit for showing, not for comparing.
  package var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  /// The truth value, if this is one.
  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The number as a whole one, if it is spelled as such and fits.
  package var int: Int? {
    if case .number(let text) = self { Int(text) } else { nil }
  }

  /// The number, if this is one and finite.
  package var double: Double? {
    guard case .number(let text) = self, let value = Double(text) else { return nil }
    return value.isFinite ? value : nil
  }

  /// Whether this is `null`.
  package var isNull: Bool { self == .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self.init(value) }
  package init(booleanLiteral value: Bool) { self.init(value) }
  package init(integerLiteral value: Int) { self.init(value) }
  package init(floatLiteral value: Double) { self.init(value) }
  package init(arrayLiteral elements: JSON...) { self.init(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
