/// A JSON value together with where it stands, so that what is wrong with it can be named:
/// `config.json: 'text.hidden_size' is wrong: expected a whole number, found 2.5`.
package struct JSONCursor: Sendable {
  /// The value.
  package let value: JSON
  /// The name of the file that it comes from.
  package let file: String
  /// The keys and indices that lead to it, empty for the outermost value.
  package let path: String

  /// The outermost value of a file.
  package init(_ value: JSON, file: String) { self.init(value, file: file, path: "") }

  private init(_ value: JSON, file: String, path: String) {
    (self.value, self.file, self.path) = (value, file, path)
  }

  /// Opens a file that holds one JSON value.
  ///
  /// - Throws: `FileError` or `JSONError`.
  package static func read(_ path: String) throws -> JSONCursor {
    JSONCursor(try JSON.read(path), file: path)
  }

  /// An error that says what was expected here; for checks of the caller's own, such as ranges.
  package func mismatch(expected: String) -> JSONError {
    .mismatch(
      file: file, path: path.isEmpty ? "the outermost value" : path, expected: expected,
      found: found)
  }

  // MARK: - Going down

  /// The value under a key.
  ///
  /// - Throws: `JSONError` if this is no object or lacks the key.
  package func member(_ key: String) throws -> JSONCursor {
    guard let member = try optionalMember(key, nullIsMissing: false) else {
      throw JSONError.missing(file: file, path: joined(key))
    }
    return member
  }

  /// The value under a key, nil if it is missing or `null`.
  ///
  /// - Throws: `JSONError` if this is no object.
  package func optionalMember(_ key: String) throws -> JSONCursor? {
    try optionalMember(key, nullIsMissing: true)
  }

  /// The elements of this array.
  ///
  /// - Throws: `JSONError` if this is no array.
  package func elements() throws -> [JSONCursor] {
    guard let array = value.array else { throw mismatch(expected: "an array") }
    return array.enumerated().map { index, element in
      JSONCursor(element, file: file, path: "\(path)[\(index)]")
    }
  }

  /// The members of this object.
  ///
  /// - Throws: `JSONError` if this is no object.
  package func object() throws -> JSONObject {
    guard let object = value.object else { throw mismatch(expected: "an object") }
    return object
  }

  // MARK: - This value

  /// This whole number.
  ///
  /// - Throws: `JSONError` if this is none, or none that fits 64 bits.
  package func int() throws -> Int {
    guard let int = value.int else { throw mismatch(expected: "a whole number") }
    return int
  }

  /// This number.
  ///
  /// - Throws: `JSONError` if this is none, or none that is finite.
  package func double() throws -> Double {
    guard let double = value.double else { throw mismatch(expected: "a number") }
    return double
  }

  /// This string's text, fit for showing and for comparing with literals.
  ///
  /// - Throws: `JSONError` if this is no string.
  package func string() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

  /// This string's UTF-8 bytes.
  ///
  /// - Throws: `JSONError` if this is no string.
  package func bytes() throws -> [UInt8] {
    guard let bytes = value.bytes else { throw mismatch(expected: "a string") }
    return bytes
  }

  /// This truth value.
  ///
  /// - Throws: `JSONError` if this is none.
  package func bool() throws -> Bool {
    guard let bool = value.bool else { throw mismatch(expected: "true or false") }
    return bool
  }

  // MARK: - Values under keys

  /// The whole number under a key.
  ///
  /// - Throws: `JSONError` if it is missing or no whole number.
  package func int(_ key: String) throws -> Int { try member(key).int() }

  /// The number under a key.
  ///
  /// - Throws: `JSONError` if it is missing or no number.
  package func double(_ key: String) throws -> Double { try member(key).double() }

  /// The string under a key.
  ///
  /// - Throws: `JSONError` if it is missing or no string.
  package func string(_ key: String) throws -> String { try member(key).string() }

  /// The truth value under a key.
  ///
  /// - Throws: `JSONError` if it is missing or no truth value.
  package func bool(_ key: String) throws -> Bool { try member(key).bool() }

  /// The elements of the array under a key.
  ///
  /// - Throws: `JSONError` if it is missing or no array.
  package func elements(_ key: String) throws -> [JSONCursor] { try member(key).elements() }

  /// The whole number under a key, nil if it is missing or `null`.
  ///
  /// - Throws: `JSONError` if it is there and no whole number.
  package func optionalInt(_ key: String) throws -> Int? { try optionalMember(key)?.int() }

  /// The number under a key, nil if it is missing or `null`.
  ///
  /// - Throws: `JSONError` if it is there and no number.
  package func optionalDouble(_ key: String) throws -> Double? { try optionalMember(key)?.double() }

  /// The string under a key, nil if it is missing or `null`.
  ///
  /// - Throws: `JSONError` if it is there and no string.
  package func optionalString(_ key: String) throws -> String? { try optionalMember(key)?.string() }

  /// The truth value under a key, nil if it is missing or `null`.
  ///
  /// - Throws: `JSONError` if it is there and no truth value.
  package func optionalBool(_ key: String) throws -> Bool? { try optionalMember(key)?.bool() }

  // MARK: - Naming

  private func optionalMember(_ key: String, nullIsMissing: Bool) throws -> JSONCursor? {
    guard let member = try object()[key], !(nullIsMissing && member.isNull) else { return nil }
    return JSONCursor(member, file: file, path: joined(key))
  }

  private func joined(_ key: String) -> String {
    let shown = String(displaying: key.utf8)
    return path.isEmpty ? shown : "\(path).\(shown)"
  }

  private var found: String {
    switch value {
    case .array(let elements): "an array of \(elements.count)"
    case .object(let object): "an object of \(object.count)"
    case .string(let bytes): "the string '\(String(displaying: bytes))'"
    case .null, .bool, .number: String(displaying: value.serialized())
    }
  }
}
