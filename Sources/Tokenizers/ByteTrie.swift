/// Byte strings with numbers, for finding all that a text begins with.
///
/// The nodes lie in the order of their depth, so that the children of one lie side by side.
struct ByteTrie: Sendable {
  private var labels: [UInt8] = [0]
  /// The first child of each node; the next node's is where its children end.
  private var firstChildren: [Int32] = []
  private var values: [Int32] = [-1]

  /// Takes strings with values of at least 0; of equal strings the last counts, and empty ones are left
  /// out.
  init(_ strings: [(bytes: [UInt8], value: Int32)]) {
    let order = strings.indices.sorted { first, second in
      let (one, other) = (strings[first].bytes, strings[second].bytes)
      return one == other ? first < second : one.lexicographicallyPrecedes(other)
    }
    // The strings below each node of a level.
    var level = [0..<order.count]
    var depth = 0
    while !level.isEmpty {
      var deeper: [Range<Int>] = []
      for range in level {
        firstChildren.append(Int32(labels.count))
        var start = range.lowerBound
        while start < range.upperBound, strings[order[start]].bytes.count == depth { start += 1 }
        while start < range.upperBound {
          let label = strings[order[start]].bytes[depth]
          var end = start
          var value: Int32 = -1
          while end < range.upperBound, strings[order[end]].bytes[depth] == label {
            if strings[order[end]].bytes.count == depth + 1 { value = strings[order[end]].value }
            end += 1
          }
          labels.append(label)
          values.append(value)
          deeper.append(start..<end)
          start = end
        }
      }
      level = deeper
      depth += 1
    }
    firstChildren.append(Int32(labels.count))
  }

  /// Calls `body` with the value and the length of each string that `bytes` has at `start`, the shortest
  /// first.
  @inline(__always)
  func forEachPrefix(of bytes: [UInt8], from start: Int, _ body: (Int32, Int) -> Void) {
    var node = 0
    var index = start
    while index < bytes.count {
      let wanted = bytes[index]
      var low = Int(firstChildren[node])
      var high = Int(firstChildren[node + 1])
      while high - low > 8 {
        let middle = (low + high) / 2
        if labels[middle] <= wanted { low = middle } else { high = middle }
      }
      while low < high, labels[low] != wanted { low += 1 }
      guard low < high else { return }
      node = low
      index += 1
      if values[node] >= 0 { body(values[node], index - start) }
    }
  }
}
