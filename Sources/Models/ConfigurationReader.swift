internal import Files

/// Reads values of config.json and says which one is wrong.
final class ConfigurationReader {
  let json: JSON
  let file: String
  /// The settings that were asked for.
  private(set) var names: [String] = []

  init(json: JSON, file: String) {
    self.json = json
    self.file = file
  }

  /// A setting that is there.
  func found(_ key: String) -> JSON? {
    names.append(key)
    return json[key].flatMap { $0.isNull ? nil : $0 }
  }

  func int(_ key: String, in range: ClosedRange<Int>, default: Int) throws -> Int {
    guard let found = found(key) else { return `default` }
    guard let value = found.int, range.contains(value) else {
      throw wrong(
        key, found, wanted: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func double(_ key: String, in range: ClosedRange<Double>, default: Double) throws -> Double {
    guard let found = found(key) else { return `default` }
    guard let value = found.double, range.contains(value) else {
      throw wrong(key, found, wanted: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A setting that is one of several names; missing counts as `default`.
  func choice<Value>(
    _ key: String, among choices: [(name: String, value: Value)], default: Value
  ) throws -> Value {
    guard let found = found(key) else { return `default` }
    guard let value = choices.first(where: { found == JSON($0.name) })?.value else {
      throw wrong(key, found, wanted: choices.map(\.name).joined(separator: ", "))
    }
    return value
  }

  /// A setting of which only one value is implemented; missing counts as that one.
  func require(_ key: String, is wanted: JSON) throws {
    guard let found = found(key), found != wanted else { return }
    throw wrong(key, found, wanted: Self.spelled(wanted))
  }

  /// The values of an array of strings, or nil where there is none.
  func texts(_ key: String, wanted: String) throws -> [String]? {
    guard let found = found(key) else { return nil }
    let texts = (found.array ?? []).compactMap(\.text)
    guard let array = found.array, texts.count == array.count else {
      throw wrong(key, found, wanted: wanted)
    }
    return texts
  }

  func truth(_ key: String, default: Bool) throws -> Bool {
    guard let found = found(key) else { return `default` }
    guard let value = found.bool else { throw wrong(key, found, wanted: "true or false") }
    return value
  }

  func wrong(_ key: String, _ found: JSON, wanted: String) -> ModelError {
    .setting(file: file, key: key, found: Self.spelled(found), wanted: wanted)
  }

  private static func spelled(_ value: JSON) -> String {
    let text = String(decoding: value.serialized(pretty: false), as: UTF8.self)
    return text.count > 60 ? text.prefix(60) + "…" : text
  }
}
