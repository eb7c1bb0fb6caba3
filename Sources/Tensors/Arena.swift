internal import Synchronization

/// The memory of activations: grown during the first steps, never given back, and used again by every
/// step.
///
/// A request takes the end of the smallest free block that is large enough, and neighbouring free blocks
/// are one. A step asks for the same sizes in the same order as the step before, so it finds the same
/// blocks. Memory grows downwards in one piece, where addresses are free, so that what is left of it is no
/// hole; that part is taken last, since nothing has touched its beginning yet.
package final class Arena: Sendable {
  package static let shared = Arena()

  /// What has been asked of the system so far.
  package struct Statistics: Sendable, Equatable {
    /// How often memory was asked for.
    package var growthCount = 0
    /// How much there is, in bytes.
    package var byteCount = 0
    /// How much of it is in use, in bytes.
    package var usedByteCount = 0
    /// The most that was ever in use, in bytes.
    package var peakByteCount = 0
  }

  private struct Block {
    var start: UInt
    var byteCount: Int
    var end: UInt { start + UInt(byteCount) }
  }

  private struct State {
    /// In ascending order of their addresses.
    var free: [Block] = []
    /// Where the newest memory begins.
    var base: UInt = 0
    var statistics = Statistics()
  }

  private static let alignment = 64
  /// Rows of the same length in large arrays would otherwise fall on the same cache sets.
  private static let stagger = 320
  private static let smallestGrowth = 32 << 20

  private let state = Mutex(State())

  package init() {}

  package var statistics: Statistics { state.withLock { $0.statistics } }

  /// The bytes of a block that holds `byteCount`.
  package static func blockSize(_ byteCount: Int) -> Int {
    let padded = byteCount >= 65_536 ? byteCount + stagger : max(byteCount, 1)
    return (padded + alignment - 1) / alignment * alignment
  }

  /// A block of exactly `byteCount` bytes, a size that `blockSize` returned.
  package func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let address = state.withLock { state in
      if Self.smallestFit(in: state, byteCount) == nil { Self.grow(&state, for: byteCount) }
      guard let index = Self.smallestFit(in: state, byteCount) else {
        preconditionFailure("the arena grew by less than \(byteCount) bytes")
      }
      state.free[index].byteCount -= byteCount
      let address = state.free[index].end
      if state.free[index].byteCount == 0 { state.free.remove(at: index) }
      state.statistics.usedByteCount += byteCount
      state.statistics.peakByteCount = max(
        state.statistics.peakByteCount, state.statistics.usedByteCount)
      return address
    }
    guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("a block at address 0")
    }
    return pointer
  }

  /// Gives a block back.
  package func put(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
    let block = Block(start: UInt(bitPattern: pointer), byteCount: byteCount)
    state.withLock { state in
      state.statistics.usedByteCount -= byteCount
      Self.insert(block, into: &state.free)
    }
  }

  private static func smallestFit(in state: State, _ byteCount: Int) -> Int? {
    let free = state.free
    var best: Int?
    for index in free.indices where free[index].byteCount >= byteCount {
      guard let other = best, free[other].start != state.base else {
        best = index
        continue
      }
      if free[index].byteCount < free[other].byteCount { best = index }
    }
    return best
  }

  private static func grow(_ state: inout State, for byteCount: Int) {
    let size = max(byteCount, smallestGrowth, state.statistics.byteCount / 8)
    let mapping = Mapping(
      byteCount: size, endingAt: UnsafeMutableRawPointer(bitPattern: state.base))
    state.base = UInt(bitPattern: mapping.base)
    state.statistics.growthCount += 1
    state.statistics.byteCount += mapping.byteCount
    insert(
      Block(start: UInt(bitPattern: mapping.base), byteCount: mapping.byteCount),
      into: &state.free)
  }

  private static func insert(_ block: Block, into free: inout [Block]) {
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if free[middle].start < block.start { low = middle + 1 } else { high = middle }
    }
    let joinsPrevious = low > 0 && free[low - 1].end == block.start
    let joinsNext = low < free.count && block.end == free[low].start
    switch (joinsPrevious, joinsNext) {
    case (true, true):
      free[low - 1].byteCount += block.byteCount + free[low].byteCount
      free.remove(at: low)
    case (true, false): free[low - 1].byteCount += block.byteCount
    case (false, true):
      free[low].start = block.start
      free[low].byteCount += block.byteCount
    case (false, false): free.insert(block, at: low)
    }
  }
}
