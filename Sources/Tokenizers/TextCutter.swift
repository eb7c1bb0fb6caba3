/// Cuts texts, which are lists of tokens, to a length.
///
/// Source: `tokenizers.utils.truncation`.
struct TextCutter {
  private let truncation: Truncation
  private let room: Int

  /// Takes the way to cut, and how many tokens of texts there may be.
  init(_ truncation: Truncation, room: Int) {
    self.truncation = truncation
    self.room = room
  }

  /// Returns the parts of each text, that which is kept first.
  ///
  /// - Throws: `TokenizerError.cannotCut`.
  func cut(_ texts: [[Piece]]) throws -> [[[Piece]]] {
    let total = texts.reduce(0) { $0 + $1.count }
    guard room > 0 else {
      guard room == 0 else { throw error("special tokens are more than that") }
      return texts.map { $0.isEmpty ? [[]] : [[], $0] }
    }
    guard total > room else { return texts.map { [$0] } }
    guard truncation.strategy != .longestFirst else {
      guard texts.count > 1 else { return [try parts(of: texts[0], length: room)] }
      let lengths = Self.lengths(texts[0].count, texts[1].count, room: room)
      return [
        try parts(of: texts[0], length: lengths.first),
        try parts(of: texts[1], length: lengths.second),
      ]
    }
    let target = truncation.strategy == .onlyFirst ? 0 : 1
    guard target < texts.count else { throw error("there is no second text to cut") }
    let length = texts[target].count - (total - room)
    guard length > 0 else { throw error("the text to cut would have no token left") }
    return try texts.enumerated().map { index, text in
      index == target ? try parts(of: text, length: length) : [text]
    }
  }

  /// How many tokens two texts keep.
  private static func lengths(_ first: Int, _ second: Int, room: Int) -> (first: Int, second: Int) {
    let isSwapped = first > second
    var shorter = min(first, second)
    var longer = max(first, second)
    longer = shorter > room ? shorter : max(shorter, room - shorter)
    if shorter + longer > room {
      shorter = room / 2
      longer = shorter + room % 2
    }
    return isSwapped ? (longer, shorter) : (shorter, longer)
  }

  private func parts(of text: [Piece], length: Int) throws -> [[Piece]] {
    guard length < text.count else { return [text] }
    guard length > 0 else { return [[], text] }
    guard truncation.stride < length else {
      throw error("a stride of \(truncation.stride) for \(length) tokens")
    }
    let step = length - truncation.stride
    var ranges: [Range<Int>] = []
    if truncation.cutsLeft {
      var end = text.count
      while true {
        let start = max(0, end - length)
        ranges.append(start..<end)
        if start == 0 { break }
        end -= step
      }
    } else {
      var start = 0
      while true {
        let end = min(start + length, text.count)
        ranges.append(start..<end)
        if end == text.count { break }
        start += step
      }
    }
    return ranges.map { Array(text[$0]) }
  }

  private func error(_ problem: String) -> TokenizerError {
    .cannotCut(length: truncation.maximumLength, problem: problem)
  }
}
