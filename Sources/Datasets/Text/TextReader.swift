import Files

/// Reads a text piece by piece, by places that are functions of the text alone.
///
/// The text is cut into chunks of about 128 KiB. A chunk ends at the end of a line, or where lines are
/// too long before a space that begins a word, so that every chunk can be tokenized on its own and by
/// anybody.
final class TextReader {
  /// About how many bytes a chunk has.
  static let chunkBytes: UInt64 = 128 << 10
  /// How far behind a multiple of `chunkBytes` the end of a line is looked for before a space will do.
  static let searchBytes = 16 << 10

  private let source: TextSource
  private let place: Place

  enum Place {
    case memory([UInt8])
    case file(InputFile)
  }

  init(_ source: TextSource, _ place: Place) {
    self.source = source
    self.place = place
  }

  /// How many chunks a text of so many bytes has.
  static func chunkCount(byteCount: UInt64) -> Int {
    Int((byteCount + chunkBytes - 1) / chunkBytes)
  }

  /// The bytes of a chunk, which may be empty where a line without spaces reaches beyond it.
  ///
  /// - Throws: `TextError` if the file cannot be read, has become shorter or is not UTF-8.
  func chunk(_ index: Int) throws -> TextChunk {
    let start = try boundary(index)
    let end = try boundary(index + 1)
    let bytes = try read(upTo: Int(end - start), at: start)
    guard UInt64(bytes.count) == end - start else {
      throw TextError.changed(path: source.name)
    }
    try validate(bytes, at: start)
    return TextChunk(
      bytes: bytes, isInDocument: try !bytes.isEmpty && isInsideOfWords(before: start),
      isClosed: try !bytes.isEmpty && restOfLineIsBlank(from: end),
      endsText: end == source.byteCount)
  }

  /// Where a chunk begins; chunk `index` ends where chunk `index + 1` begins.
  private func boundary(_ index: Int) throws -> UInt64 {
    var start = UInt64(index) * Self.chunkBytes
    if start <= source.start { return source.start }
    if start >= source.byteCount { return source.byteCount }
    let window = try read(upTo: Self.searchBytes + 1, at: start)
    if let place = lineEnd(in: window) { return start + UInt64(place) }
    if let place = wordStart(in: window) { return start + UInt64(place) }
    while true {
      start += UInt64(Self.searchBytes)
      let window = try read(upTo: Self.searchBytes + 1, at: start)
      guard !window.isEmpty else { return source.byteCount }
      if let place = lineEnd(in: window) ?? wordStart(in: window) { return start + UInt64(place) }
    }
  }

  /// Behind the first line end whose last byte is known; the window's last byte is only looked ahead.
  private func lineEnd(in window: [UInt8]) -> Int? {
    for place in window.indices.dropLast() {
      if window[place] == 0x0A { return place + 1 }
      if window[place] == 0x0D && window[place + 1] != 0x0A { return place + 1 }
    }
    return nil
  }

  /// Before a space between words, at best between letters or digits, or anywhere in blanks that fill the
  /// window.
  ///
  /// Words of byte-level tokenizers begin with their space and do not go on over one, and others take a
  /// space at their start for what it is inside of a line; an added token is hardly beside a letter. So
  /// what is cut has the tokens that it has in one.
  private func wordStart(in window: [UInt8]) -> Int? {
    space(in: window) { $0.isAlphabetic || $0.numericType != nil }
      ?? space(in: window) { !$0.isWhitespace }
      ?? (window.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? 0 : nil)
  }

  /// The first space between characters that both are fit.
  private func space(
    in window: [UInt8], between isFit: (Unicode.Scalar.Properties) -> Bool
  ) -> Int? {
    window.indices.dropLast().dropFirst().first { place in
      guard window[place] == 0x20 else { return false }
      var first = place - 1
      while first > 0, window[first] & 0xC0 == 0x80 { first -= 1 }
      var end = place + 2
      while end < window.count, window[end] & 0xC0 == 0x80 { end += 1 }
      // What the window does not hold as a whole is not known.
      guard window[first] & 0xC0 != 0x80, end < window.count || window[place + 1] < 0x80 else {
        return false
      }
      return [window[first..<place], window[place + 1..<end]].allSatisfy { bytes in
        String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy { isFit($0.properties) }
      }
    }
  }

  /// Whether the line goes on here after something that is not blank.
  private func isInsideOfWords(before end: UInt64) throws -> Bool {
    var end = end
    while end > source.start {
      let start = max(source.start, end > 4096 ? end - 4096 : 0)
      for byte in try read(upTo: Int(end - start), at: start).reversed() {
        if TextChunk.isLineEnd(byte) { return false }
        if !TextChunk.isBlank(byte) { return true }
      }
      end = start
    }
    return false
  }

  private func restOfLineIsBlank(from start: UInt64) throws -> Bool {
    var start = start
    while true {
      let bytes = try read(upTo: 4096, at: start)
      for byte in bytes {
        if TextChunk.isLineEnd(byte) { return true }
        if !TextChunk.isBlank(byte) { return false }
      }
      if bytes.isEmpty { return true }
      start += UInt64(bytes.count)
    }
  }

  private func validate(_ bytes: [UInt8], at start: UInt64) throws {
    let invalid = unsafe bytes.withUnsafeBufferPointer { unsafe firstInvalidUTF8(in: $0) }
    let zero = bytes.firstIndex(of: 0)
    if let zero, zero < invalid ?? .max {
      throw TextError.binary(path: source.name, offset: start + UInt64(zero))
    }
    guard let invalid else { return }
    let offset = start + UInt64(invalid)
    throw TextError.invalidUTF8(
      path: source.name, line: try line(at: offset), offset: offset,
      bytes: Array(bytes[invalid...].prefix(4)))
  }

  /// The number of the line that a byte is in, from 1.
  private func line(at offset: UInt64) throws -> Int {
    var line = 1
    var start = source.start
    var endsWithReturn = false
    while start < offset {
      let bytes = try read(upTo: Int(min(offset - start, 1 << 20)), at: start)
      guard !bytes.isEmpty else { break }
      for byte in bytes {
        if byte == 0x0D || byte == 0x0A && !endsWithReturn { line += 1 }
        endsWithReturn = byte == 0x0D
      }
      start += UInt64(bytes.count)
    }
    return line
  }

  private func read(upTo count: Int, at offset: UInt64) throws -> [UInt8] {
    switch place {
    case .memory(let bytes):
      let start = min(Int(offset), bytes.count)
      return Array(bytes[start..<min(start + count, bytes.count)])
    case .file(let file):
      do {
        return try file.read(upTo: count, at: offset)
      } catch let error as FileError {
        throw TextError(error, path: source.name)
      }
    }
  }
}
