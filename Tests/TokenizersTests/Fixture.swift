import Files
import Foundation
import Testing
import Tokenizers

/// The files beside the tests; see scripts/reference/wordpiece.py.
enum Fixture {
  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourcePath) + "/Fixtures/" + name
  }

  static func bytes(_ name: String) throws -> [UInt8] { try File.read(path(name)) }

  static func json(_ name: String) throws -> JSONCursor { try JSONCursor.read(path(name)) }

  /// The values of a file that has one a line, without the first, which says where it is from.
  static func lines(_ name: String) throws -> [JSONCursor] {
    try bytes(name).split(separator: 0x0A).dropFirst().map { line in
      JSONCursor(try JSON.parse(Array(line), file: name), file: name)
    }
  }

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(json: bytes(name), file: name)
  }

  /// uncased.json with a normalizer that does one step only, or "all", or no step that is known.
  static func tokenizer(doing step: String) throws -> Tokenizer {
    let plain: JSON = [
      "type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": false,
      "strip_accents": false, "lowercase": false,
    ]
    let json = try changed { file in
      guard step != "all" else { return }
      file["normalizer"] = plain
      file.change("normalizer") { if $0[step] != nil { $0[step] = true } }
    }
    return try Tokenizer(json: json, file: step)
  }

  /// uncased.json with a token that is searched in the normalized text.
  static func withNormalizedToken(_ content: String) throws -> [UInt8] {
    try changed { file in
      let tokens = file["added_tokens"]?.array ?? []
      let token: JSON = ["id": 600, "content": JSON(content), "normalized": true]
      file["added_tokens"] = JSON(tokens + [token])
    }
  }

  /// uncased.json, changed.
  static func changed(_ change: (inout JSONObject) -> Void) throws -> [UInt8] {
    var object = try json("uncased.json").object()
    change(&object)
    return JSON.object(object).serialized()
  }
}

extension JSONObject {
  /// Changes an object that is a member.
  mutating func change(_ key: String, _ change: (inout JSONObject) -> Void) {
    guard var object = self[key]?.object else { return }
    change(&object)
    self[key] = .object(object)
  }
}

extension JSONCursor {
  /// The whole numbers of the array under a key.
  func ints(_ key: String) throws -> [Int] { try elements(key).map { try $0.int() } }
}

/// A new empty folder, removed with its files when the test is done.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("lockstep-tokenizers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, _ name: String) throws {
    try File.write(Array(text.utf8), to: path + "/" + name)
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try File.write(bytes, to: path + "/" + name)
  }
}
