/// Counts the words of texts line by line, each with its line end.
///
/// So Hugging Face's trainers are fed with files.
public struct LineCounter: WordCounting {
  /// The words of all texts so far.
  public private(set) var counts = WordCounts()
  private let count: @Sendable (_ line: [UInt8], _ counts: inout WordCounts) -> Void

  init(_ count: @escaping @Sendable (_ line: [UInt8], _ counts: inout WordCounts) -> Void) {
    self.count = count
  }

  /// Counts the words of a text in UTF-8; no word goes on in the next text.
  public mutating func feed(_ text: [UInt8]) {
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? text.count
      count(Array(text[start..<end]), &counts)
      start = end
    }
  }

  /// Counts the words of a text in UTF-8 that lies in memory; no word goes on in the next text.
  public mutating func feed(_ text: UnsafeBufferPointer<UInt8>) { feed(unsafe Array(text)) }
}
