/// A value for each code point, in pages of 256 of which neighbours that are equal are kept once.
struct PagedTable<Value: Equatable & Sendable>: Sendable {
  private var pages: [UInt16] = []
  private var values: [Value] = []

  /// Reads runs of a length and a value.
  init(runs: StaticString, _ value: (Int) -> Value) {
    var numbers = PackedNumbers(runs)
    var page: [Value] = []
    page.reserveCapacity(256)
    while let length = numbers.next(), let number = numbers.next() {
      let value = value(number)
      var left = length
      while left > 0 {
        let taken = min(left, 256 - page.count)
        page.append(contentsOf: repeatElement(value, count: taken))
        left -= taken
        guard page.count == 256 else { continue }
        add(page)
        page.removeAll(keepingCapacity: true)
      }
    }
  }

  /// Takes values at ascending code points; all others have the value `empty`.
  init(_ entries: [(code: Int, value: Value)], empty: Value) {
    var rest = entries[...]
    for first in stride(from: 0, to: 0x110000, by: 256) {
      var page = [Value](repeating: empty, count: 256)
      while let entry = rest.first, entry.code < first + 256 {
        page[entry.code - first] = entry.value
        rest.removeFirst()
      }
      add(page)
    }
  }

  /// The value of a code point below 0x110000.
  subscript(_ scalar: UInt32) -> Value {
    values[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 255)]
  }

  private mutating func add(_ page: [Value]) {
    if values.suffix(256) != page[...] { values += page }
    pages.append(UInt16(values.count / 256 - 1))
  }
}
