/// The checked contents of a `model.safetensors.index.json`: which file holds which tensor.
struct SafeTensorsIndex {
  /// As much as the header of one file may have, in bytes.
  static let byteLimit = 100_000_000
  static let fileLimit = 10_000

  /// The names of the files, each once, in the order of their bytes.
  let files: [String]
  /// For every tensor the place of its file in `files`.
  let places: [[UInt8]: Int]
  /// The tensors in the order of the index.
  let names: [[UInt8]]
  /// How many bytes all tensors have together, if the index says so.
  let totalBytes: UInt64?

  /// Reads and checks an index, but opens none of the files.
  ///
  /// - Throws: `SafeTensorsIndexError`, `JSONError` or `FileError`.
  init(_ path: String) throws {
    let json = JSONCursor(
      try JSON.parse(File.read(path, limit: Self.byteLimit), file: path), file: path)
    let map = try json.member("weight_map").object()
    var spelled: [[UInt8]] = []
    spelled.reserveCapacity(map.count)
    for (tensor, value) in map.members {
      guard let file = value.bytes, Self.isPlainName(file) else {
        throw SafeTensorsIndexError(
          index: path,
          problem: .forbiddenFile(value.bytes ?? value.serialized(), tensor: tensor))
      }
      spelled.append(file)
    }
    let distinct = Set(spelled).sorted { $0.lexicographicallyPrecedes($1) }
    guard !distinct.isEmpty, distinct.count <= Self.fileLimit else {
      throw SafeTensorsIndexError(
        index: path, problem: .fileCount(distinct.count, limit: Self.fileLimit))
    }
    let numbers = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
    files = distinct.map { String(decoding: $0, as: UTF8.self) }
    names = map.members.map(\.key)
    places = Dictionary(
      uniqueKeysWithValues: zip(names, spelled).map { ($0, numbers[$1] ?? 0) })
    totalBytes = try json.optionalMember("metadata")?.optionalMember("total_size").map {
      // Some writers spell it 1234.0.
      guard let size = try UInt64(exactly: $0.double()) else {
        throw $0.mismatch(expected: "a whole number")
      }
      return size
    }
  }

  /// Whether a name can only be that of a safetensors file in the index's own folder.
  private static func isPlainName(_ name: [UInt8]) -> Bool {
    name.count <= 255 && name.reversed().starts(with: ".safetensors".utf8.reversed())
      && name.first != UInt8(ascii: ".")
      && name.allSatisfy { $0 >= 0x20 && $0 != 0x7F && !"/\\:".utf8.contains($0) }
  }
}
