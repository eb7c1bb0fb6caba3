/// Parts words where the script changes.
///
/// Spaces and what is not assigned belong to the script before them, and are dropped at the start.
///
/// Source: `tokenizers.pre_tokenizers.UnicodeScripts`, with its own scripts: kana are Han.
struct UnicodeScripts: Sendable, Equatable {
  /// The number of each code point's script, 0 for any; unpacked once, at the first use.
  private static let numbers = PagedTable(runs: UnicodeScriptData.scripts) { UInt8($0) }

  /// Calls `body` with each run of one script, in order.
  func forEachRun(
    in scalars: [UInt32], _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    let numbers = Self.numbers
    var start = range.lowerBound
    var last: UInt8 = 0
    for index in range {
      let number = numbers[scalars[index]]
      guard number != 0, number != last else { continue }
      if last != 0 { body(start..<index) }
      start = index
      last = number
    }
    if last != 0 { body(start..<range.upperBound) }
  }
}
