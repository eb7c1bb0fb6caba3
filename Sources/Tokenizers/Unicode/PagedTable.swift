/// A value for each code point, in pages of 256 of which most are shared.
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
        if page.isEmpty, left > 256 {
          add([Value](repeating: value, count: 256))
          pages += repeatElement(pages[pages.count - 1], count: left / 256 - 1)
          left %= 256
          continue
        }
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
    let emptyPage = [Value](repeating: empty, count: 256)
    add(emptyPage)
    pages = [UInt16](repeating: 0, count: 0x110000 >> 8)
    var start = 0
    while start < entries.count {
      let number = entries[start].code >> 8
      var page = emptyPage
      while start < entries.count, entries[start].code >> 8 == number {
        page[entries[start].code & 255] = entries[start].value
        start += 1
      }
      pages[number] = UInt16(values.count / 256)
      values += page
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
