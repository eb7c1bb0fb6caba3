internal import Collectives

/// Sums gradients where they lie, in memory that all ranks share.
///
/// Every rank owns a share of each bucket. When all ranks have completed a bucket, its owners read
/// their shares of everybody's partials and write the sums into their own first buffers. Ranks tell
/// each other how far they are by words in the shared memory that hold the number of a step and so
/// never need resetting:
///
/// - `ready[rank][bucket]`: the last step of which the rank has completed the bucket. Its partials
///   of that bucket then stay as they are until all ranks have consumed the step.
/// - `consumed[rank]`: the last step of which the rank has summed all its shares. A rank may write
///   into its buffers for a step only when all ranks have consumed the one before.
///
/// A sum lies in its owner's buffer, within its owner's share, which nobody else reads: so it stays
/// valid until that rank begins its next step, whatever the others do.
final class SharedMemoryTransport: GradientTransport {
  private let world: any Communicator
  private let layout: GradientLayout
  private let memory: SharedMemory
  private let slotCounts: [Int]
  /// The first buffer of each rank, in bytes from the beginning of the memory.
  private let bufferStarts: [Int]
  private let shares: [Range<Int>]
  private let owned: [Range<Int>]
  private var populatedSlotCount = 0

  private var step: UInt64 = 0
  private var plan: GradientPlan?
  private var sum = GradientSum(partCount: 0)
  private var nextBucket = 0

  /// Allocates the buffers of all ranks.
  ///
  /// All ranks must call it.
  init(_ layout: GradientLayout, slotCounts: [Int], over world: any Communicator) throws {
    self.world = world
    self.layout = layout
    self.slotCounts = slotCounts
    var starts: [Int] = []
    var end = Self.flagBytes(layout, world.worldSize)
    for count in slotCounts {
      starts.append(end)
      end += count * Self.bufferBytes(layout)
    }
    bufferStarts = starts
    memory = try world.allocateShared(byteCount: end)
    shares = layout.buckets.indices.map { bucket in
      GradientLayout.shares(
        of: layout.buckets[bucket], worldSize: world.worldSize, turn: bucket)[world.rank]
    }
    owned = shares.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
      .reduce(into: []) { merged, share in
        if let last = merged.last, last.upperBound == share.lowerBound {
          merged[merged.count - 1] = last.lowerBound..<share.upperBound
        } else {
          merged.append(share)
        }
      }
  }

  /// The size of the memory that a reducer of this kind shares.
  static func byteCount(_ layout: GradientLayout, slotCounts: [Int]) -> Int {
    flagBytes(layout, slotCounts.count) + slotCounts.reduce(0, +) * bufferBytes(layout)
  }

  func begin(_ plan: GradientPlan) throws {
    try world.wait(
      in: "end of the step before", for: { ranks { consumed($0).load() < step } },
      until: { (0..<world.worldSize).allSatisfy { consumed($0).load() >= step } })
    // What a step like this one does not use is never touched.
    let slotCount = plan.slotCounts[world.rank]
    if slotCount > populatedSlotCount {
      let start = bufferStarts[world.rank]
      let bytes = Self.bufferBytes(layout)
      try memory.populate(start + populatedSlotCount * bytes..<start + slotCount * bytes)
      populatedSlotCount = slotCount
    }
    step += 1
    nextBucket = 0
    if self.plan?.tree != plan.tree {
      sum = plan.tree.sum(from: plan.held.joined().map(\.node))
    }
    self.plan = plan
  }

  func buffer(_ slot: Int) -> UnsafeMutablePointer<Float> { buffer(slot, ofRank: world.rank) }

  func publish(bucket: Int) throws { ready(world.rank, bucket).store(step) }

  func advance() throws -> Progress {
    guard let plan else { return .done }
    let before = nextBucket
    while nextBucket < shares.count, plan.runs.indices.allSatisfy(isReady) {
      let share = shares[nextBucket]
      if !share.isEmpty {
        let parts = plan.held.indices.flatMap { rank in
          plan.held[rank].map {
            UnsafePointer(buffer($0.slot, ofRank: rank) + share.lowerBound)
          }
        }
        sum.evaluate(parts, into: buffer(0) + share.lowerBound, count: share.count)
      }
      nextBucket += 1
    }
    return nextBucket == shares.count ? .done : nextBucket > before ? .some : .none
  }

  /// Whether a rank's partials of the next bucket are complete.
  private func isReady(_ rank: Int) -> Bool {
    plan?.runs[rank].isEmpty != false || ready(rank, nextBucket).load() >= step
  }

  func missingRanks() -> [Int] {
    nextBucket < shares.count ? ranks { !isReady($0) } : []
  }

  func end() throws -> (gradients: UnsafeMutablePointer<Float>, owned: [Range<Int>]) {
    consumed(world.rank).store(step)
    return (buffer(0), owned)
  }

  // MARK: - The memory

  /// Words of different ranks lie in different pairs of cache lines.
  private static func flagRowBytes(_ layout: GradientLayout) -> Int {
    ((layout.buckets.count + 1) * 8 + 127) / 128 * 128
  }

  private static func flagBytes(_ layout: GradientLayout, _ worldSize: Int) -> Int {
    (flagRowBytes(layout) * worldSize + 4095) / 4096 * 4096
  }

  private static func bufferBytes(_ layout: GradientLayout) -> Int {
    (layout.floatCount * MemoryLayout<Float>.stride + 4095) / 4096 * 4096
  }

  private func consumed(_ rank: Int) -> SharedWord {
    SharedWord(at: memory.base + rank * Self.flagRowBytes(layout))
  }

  private func ready(_ rank: Int, _ bucket: Int) -> SharedWord {
    SharedWord(at: memory.base + rank * Self.flagRowBytes(layout) + (bucket + 1) * 8)
  }

  private func buffer(_ slot: Int, ofRank rank: Int) -> UnsafeMutablePointer<Float> {
    precondition(slot < slotCounts[rank], "rank \(rank) has no gradient buffer \(slot)")
    return (memory.base + bufferStarts[rank] + slot * Self.bufferBytes(layout))
      .assumingMemoryBound(to: Float.self)
  }

  private func ranks(where condition: (Int) -> Bool) -> [Int] {
    (0..<world.worldSize).filter(condition)
  }
}
