import Tensors
import Testing

struct ArenaTests {
  @Test func aStepThatRepeatsAsksForNothing() {
    let arena = Arena()
    func step() -> [Int] {
      let sizes = [5_000_000, 64, 70_000, 12_000_000, 640, 300_032].map(Arena.blockSize)
      let blocks = sizes.map { arena.take($0) }
      // Given back in another order than they were taken.
      for index in [3, 0, 5, 1, 4, 2] { arena.put(blocks[index], sizes[index]) }
      return blocks.map { Int(bitPattern: $0) }
    }
    let first = step()
    let grown = arena.statistics
    for _ in 0..<5 { #expect(step() == first) }
    #expect(arena.statistics == grown && grown.growthCount == 1 && grown.usedByteCount == 0)
  }

  @Test func neighboursThatAreFreeBecomeOneBlock() {
    let arena = Arena()
    let size = 8 << 20
    let blocks = (0..<4).map { _ in arena.take(size) }
    #expect(arena.statistics.growthCount == 1)
    for index in [2, 0, 1, 3] { arena.put(blocks[index], size) }
    #expect(arena.take(4 * size) == blocks[3])
    #expect(arena.statistics.growthCount == 1)
  }

  @Test func theSmallestBlockThatFitsIsTaken() {
    let arena = Arena()
    let sizes = [1 << 20, 64, 1 << 16, 64, 1 << 18, 64]
    let blocks = sizes.map { arena.take($0) }
    for index in [0, 2, 4] { arena.put(blocks[index], sizes[index]) }
    #expect(arena.take(1 << 17) == blocks[4] + 1 << 17)
    #expect(arena.take(1 << 16) == blocks[2])
  }

  @Test func moreIsAskedForWhereNothingFits() {
    let arena = Arena()
    let first = arena.take(33 << 20)
    let second = arena.take(100 << 20)
    #expect(first != second && arena.statistics.growthCount == 2)
    #expect(arena.statistics.byteCount >= 133 << 20)
    #expect(arena.statistics.peakByteCount == 133 << 20)
  }

  @Test func zerosAreZeros() {
    let zeros = Storage(zeros: 1_000_003)
    #expect((0..<zeros.count).allSatisfy { zeros.pointer[$0] == 0 })
    extendLifetime(zeros)
  }

  @Test func blocksDoNotOverlap() {
    let sizes = (0..<200).map { 1 + $0 * 7_919 % 100_003 }
    let storages = sizes.map { Storage(count: $0) }
    for (index, storage) in storages.enumerated() {
      storage.pointer.update(repeating: Float(index), count: storage.count)
    }
    for (index, storage) in storages.enumerated() {
      #expect(storage.pointer[0] == Float(index))
      #expect(storage.pointer[storage.count - 1] == Float(index))
    }
  }
}
