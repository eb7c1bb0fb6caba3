/// The nodes of the tree that a rank holds while it works through its run, and in which of its
/// buffers.
///
/// A finished micro-batch is merged with what is held like a carry in a binary counter. The last one
/// of the run stays by itself: its buckets are handed on while its backward pass still runs.
struct HeldPartials {
  /// A node and the buffer that holds its value.
  struct Partial: Equatable {
    var node: Range<Int>
    var slot: Int
  }

  /// The partials, in the order of micro-batches.
  private(set) var partials: [Partial] = []
  private var freeSlots: [Int] = []
  /// The number of buffers that have been needed at one time.
  private(set) var slotCount = 0

  /// Takes a buffer for a micro-batch.
  ///
  /// - Returns: the buffer.
  mutating func add(_ leaf: Int) -> Int {
    var slot = slotCount
    if let lowest = freeSlots.indices.min(by: { freeSlots[$0] < freeSlots[$1] }) {
      slot = freeSlots.remove(at: lowest)
    } else {
      slotCount += 1
    }
    partials.append(Partial(node: leaf..<leaf + 1, slot: slot))
    return slot
  }

  /// Merges the newest partial with those before it, as far as they make up nodes.
  ///
  /// - Returns: the partials that became one, whose value belongs into the first one's buffer; fewer
  ///   than two if there is nothing to add.
  mutating func merge() -> [Partial] {
    guard var merged = partials.last else { return [] }
    var first = partials.count - 1
    while first > 0 {
      let left = partials[first - 1].node
      let size = left.count
      guard size == merged.node.count, left.lowerBound % (2 * size) == 0 else { break }
      merged = Partial(
        node: left.lowerBound..<merged.node.upperBound, slot: partials[first - 1].slot)
      first -= 1
    }
    let parts = Array(partials[first...])
    partials.replaceSubrange(first..., with: [merged])
    freeSlots.append(contentsOf: parts.dropFirst().map(\.slot))
    return parts
  }

  /// What a rank holds when its run is done.
  init(afterRun run: Range<Int>) {
    for leaf in run {
      _ = add(leaf)
      if leaf + 1 < run.upperBound { _ = merge() }
    }
  }

  /// The number of buffers that a run needs, without the rest of the bookkeeping.
  static func slotCount(run: Range<Int>) -> Int {
    var sizes: [Int] = []
    var most = 0
    for leaf in run {
      most = max(most, sizes.count + 1)
      var size = 1
      while sizes.last == size, (leaf + 1) % (2 * size) == 0 {
        sizes.removeLast()
        size *= 2
      }
      sizes.append(size)
    }
    return most
  }

  /// Holds nothing.
  init() {}
}
