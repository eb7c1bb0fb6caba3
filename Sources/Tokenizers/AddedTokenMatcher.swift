import Tokens

/// Finds added tokens in a text: the leftmost first, of those the longest.
struct AddedTokenMatcher: Sendable {
  /// A stretch of a text: an added token, or text between such.
  struct Segment: Equatable {
    let token: TokenID?
    let range: Range<Int>
  }

  /// A place in the tree of all patterns.
  private struct Node {
    var children: [(scalar: UInt32, node: Int)] = []
    var token: AddedToken?
  }

  private var nodes = [Node()]
  /// Whether a pattern begins with each scalar below 128.
  private var startsASCII = [Bool](repeating: false, count: 128)

  /// Takes tokens with the scalars to search for; of equal patterns the first counts, and empty ones
  /// are never found.
  init(_ patterns: [(token: AddedToken, scalars: [UInt32])]) {
    for (token, scalars) in patterns where !scalars.isEmpty {
      if scalars[0] < 128 { startsASCII[Int(scalars[0])] = true }
      var node = 0
      for scalar in scalars {
        if let next = child(of: node, scalar) {
          node = next
        } else {
          nodes.append(Node())
          let place = nodes[node].children.firstIndex { $0.scalar > scalar }
          nodes[node].children.insert(
            (scalar, nodes.count - 1), at: place ?? nodes[node].children.count)
          node = nodes.count - 1
        }
      }
      if nodes[node].token == nil { nodes[node].token = token }
    }
  }

  var isEmpty: Bool { nodes.count == 1 }

  /// The scalars that patterns begin with.
  var starts: [UInt32] { nodes[0].children.map(\.scalar) }

  /// Appends the segments of a text, which are in order and none is empty.
  ///
  /// They lie side by side except where a token's stripping reaches into the next one.
  func segments(of scalars: [UInt32], into segments: inout [Segment]) {
    var end = 0
    var index = 0
    while !isEmpty, index < scalars.count {
      guard let (token, length) = longestMatch(scalars, at: index) else {
        index += 1
        continue
      }
      var range = index..<index + length
      index = range.upperBound
      if token.isSingleWord, touchesWord(scalars, range) { continue }
      if token.stripsLeft {
        var start = range.lowerBound
        while start > 0, isWhiteSpace(scalars[start - 1]) { start -= 1 }
        start = max(start, end)
        // White space that is itself a token may have been swallowed by the one before.
        guard start < range.upperBound else { continue }
        range = start..<range.upperBound
      }
      if token.stripsRight {
        var stop = range.upperBound
        while stop < scalars.count, isWhiteSpace(scalars[stop]) { stop += 1 }
        range = range.lowerBound..<stop
      }
      if end < range.lowerBound {
        segments.append(Segment(token: nil, range: end..<range.lowerBound))
      }
      segments.append(Segment(token: token.id, range: range))
      end = range.upperBound
    }
    if end < scalars.count { segments.append(Segment(token: nil, range: end..<scalars.count)) }
  }

  private func longestMatch(_ scalars: [UInt32], at start: Int) -> (AddedToken, length: Int)? {
    guard scalars[start] >= 128 || startsASCII[Int(scalars[start])] else { return nil }
    var node = 0
    var index = start
    var match: (AddedToken, length: Int)?
    while index < scalars.count, let next = child(of: node, scalars[index]) {
      node = next
      index += 1
      if let token = nodes[node].token { match = (token, index - start) }
    }
    return match
  }

  private func child(of node: Int, _ scalar: UInt32) -> Int? {
    let children = nodes[node].children
    var low = 0
    var high = children.count
    while low < high {
      let middle = (low + high) / 2
      if children[middle].scalar < scalar { low = middle + 1 } else { high = middle }
    }
    return low < children.count && children[low].scalar == scalar ? children[low].node : nil
  }

  private func touchesWord(_ scalars: [UInt32], _ range: Range<Int>) -> Bool {
    let properties = UnicodeTables.shared.properties
    if range.lowerBound > 0, properties[scalars[range.lowerBound - 1]].contains(.word) {
      return true
    }
    return range.upperBound < scalars.count
      && properties[scalars[range.upperBound]].contains(.word)
  }

  private func isWhiteSpace(_ scalar: UInt32) -> Bool {
    UnicodeTables.shared.properties[scalar].contains(.whiteSpace)
  }
}
