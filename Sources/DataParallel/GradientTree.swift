/// The binary tree in which the gradients of a step's micro-batches are added.
///
/// Node (l, j) covers the micro-batches `[j * 2^l, (j + 1) * 2^l)` that exist; its value is that of
/// its left half plus that of its right half, or that of the left alone if the right is empty. The
/// tree depends on the number of micro-batches only, so the sum does too, to the last bit, whichever
/// rank holds which micro-batch. A node is written as the range of micro-batches that it covers.
package struct GradientTree: Equatable {
  /// The number of micro-batches.
  package let leafCount: Int

  /// Creates the tree of a step.
  ///
  /// - Parameter leafCount: the number of micro-batches, at least one.
  package init(leafCount: Int) {
    precondition(leafCount > 0, "a step of \(leafCount) micro-batches")
    self.leafCount = leafCount
  }

  /// The micro-batches that a rank computes.
  ///
  /// - Returns: a run, which is empty on some ranks if there are more ranks than micro-batches.
  package func run(ofRank rank: Int, worldSize: Int) -> Range<Int> {
    leafCount * rank / worldSize..<leafCount * (rank + 1) / worldSize
  }

  /// The fewest nodes that cover a run.
  ///
  /// - Returns: nodes in the order of micro-batches.
  package func cover(_ run: Range<Int>) -> [Range<Int>] {
    var nodes: [Range<Int>] = []
    func visit(_ start: Int, _ size: Int) {
      guard start < min(leafCount, run.upperBound), run.lowerBound < start + size else { return }
      let node = start..<min(start + size, leafCount)
      if run.lowerBound <= node.lowerBound && node.upperBound <= run.upperBound {
        nodes.append(node)
      } else {
        visit(start, size / 2)
        visit(start + size / 2, size / 2)
      }
    }
    visit(0, rootSize)
    return nodes
  }

  /// The additions that turn the values of some nodes into the value of another.
  ///
  /// - Parameters:
  ///   - node: the node that is wanted; all micro-batches if nil.
  ///   - parts: nodes that together are `node`, in order.
  /// - Returns: what to add in which order.
  package func sum(of node: Range<Int>? = nil, from parts: [Range<Int>]) -> GradientSum {
    var sum = GradientSum(partCount: parts.count)
    var next = 0
    func visit(_ start: Int, _ size: Int) -> GradientSum.Operand {
      precondition(next < parts.count && size > 0, "\(parts) are not \(node ?? 0..<leafCount)")
      if parts[next] == start..<min(start + size, leafCount) {
        next += 1
        return .part(next - 1)
      }
      let left = visit(start, size / 2)
      guard start + size / 2 < leafCount else { return left }
      return sum.add(left, visit(start + size / 2, size / 2))
    }
    if let node {
      _ = visit(node.lowerBound, sizeOfNode(node))
    } else {
      _ = visit(0, rootSize)
    }
    precondition(next == parts.count, "\(parts) are not \(node ?? 0..<leafCount)")
    return sum
  }

  private var rootSize: Int {
    var size = 1
    while size < leafCount { size *= 2 }
    return size
  }

  private func sizeOfNode(_ node: Range<Int>) -> Int {
    var size = 1
    while size < node.count { size *= 2 }
    return size
  }
}
