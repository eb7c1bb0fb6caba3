/// A piece of a text that begins and ends between words.
struct TextChunk {
  let bytes: [UInt8]
  /// Whether the chunk begins inside of a line that has words before.
  let isInDocument: Bool
  /// Whether what follows the chunk, up to the next line end, is blank or nothing.
  let isClosed: Bool
  /// Whether nothing at all follows the chunk.
  let endsText: Bool

  /// What a document consists of.
  enum Element {
    /// A line with words, or what of it lies in this chunk, as a range of `bytes`.
    case line(Range<Int>)
    /// The end of the document that the last line belongs to.
    case end
  }

  /// Walks over the lines that have words, and the ends of documents.
  ///
  /// A document is a run of lines that are not blank; a line ends with LF, CR LF or CR.
  func forEachElement(_ body: (Element) -> Void) {
    var isOpen = isInDocument
    var start = 0
    // Whether the line that the chunk begins in the middle of has words before.
    var hasWords = isInDocument
    while start < bytes.count {
      var end = start
      var isBlank = true
      while end < bytes.count && !Self.isLineEnd(bytes[end]) {
        if !Self.isBlank(bytes[end]) { isBlank = false }
        end += 1
      }
      if !isBlank {
        body(.line(start..<end))
        isOpen = true
      } else if isOpen && !hasWords && end < bytes.count {
        body(.end)
        isOpen = false
      }
      guard end < bytes.count else {
        // The line goes on in the next chunk, or the text is over.
        if isOpen && isClosed && (endsText || isBlank && !hasWords) { body(.end) }
        return
      }
      hasWords = false
      let isPair = bytes[end] == 0x0D && end + 1 < bytes.count && bytes[end + 1] == 0x0A
      start = end + (isPair ? 2 : 1)
    }
    if isOpen && isClosed { body(.end) }
  }

  static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0B || byte == 0x0C
  }
}
