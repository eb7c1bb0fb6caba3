/// A file with one JSON value a line, read piece by piece; blank lines are passed over.
package struct JSONLines {
  /// Longer lines are refused, so that a wrong file cannot exhaust the memory.
  package static let longestLine = 16 << 20
  private static let pieceBytes = 1 << 20

  private let file: InputFile

  /// Opens a file.
  ///
  /// - Throws: `FileError`.
  package init(_ path: String) throws { file = try InputFile(path) }

  /// Calls `body` with the number of each line, counted from 0, and its value.
  ///
  /// - Throws: `FileError`, `JSONError`, which name the line counted from 1; what `body` throws.
  package func forEach(_ body: (Int, JSONCursor) throws -> Void) throws {
    var rest: [UInt8] = []
    var offset: UInt64 = 0
    var number = 0
    func emit(_ line: ArraySlice<UInt8>) throws {
      defer { number += 1 }
      guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return }
      let name = "\(file.path):\(number + 1)"
      try body(number, JSONCursor(JSON.parse(Array(line), file: name), file: name))
    }
    while true {
      let piece = try file.read(upTo: Self.pieceBytes, at: offset)
      guard !piece.isEmpty else { break }
      offset += UInt64(piece.count)
      var start = piece.startIndex
      while let end = piece[start...].firstIndex(of: 0x0A) {
        if rest.isEmpty {
          try emit(piece[start..<end])
        } else {
          rest += piece[start..<end]
          try emit(rest[...])
          rest.removeAll(keepingCapacity: true)
        }
        start = end + 1
      }
      rest += piece[start...]
      guard rest.count <= Self.longestLine else {
        throw FileError.tooLarge(
          path: "\(file.path):\(number + 1)", byteCount: UInt64(rest.count),
          limit: UInt64(Self.longestLine))
      }
    }
    if !rest.isEmpty { try emit(rest[...]) }
  }
}
