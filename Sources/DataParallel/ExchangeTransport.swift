internal import Collectives

/// Sums gradients of ranks that share no memory, by messages.
///
/// The store is cut into chunks, and each chunk over all ranks. A rank completes its own subtrees of
/// a chunk, sends every other rank that one's share of them, adds what it receives to its own share
/// in the order of the tree, and sends the sum to all. A few chunks are on their way at a time, so
/// that memory for what is received stays small. Chunks begin and end in one order on every rank,
/// and their tags repeat only after that, so no message can be taken for another.
final class ExchangeTransport: GradientTransport {
  /// Floats of a chunk at most, unless the world is so large that shares would be less than a block.
  private static let chunkCount = 1 << 20
  /// Chunks on their way at a time.
  private static let window = 8

  private let world: any Communicator
  private let layout: GradientLayout
  private let chunks: [GradientChunk]
  /// The number of chunks up to the end of each bucket.
  private let chunkEnds: [Int]
  /// The floats of this rank's largest share of a chunk.
  private let largestShareCount: Int
  private let memory: SharedMemory
  private let bufferBytes: Int
  private var incoming: SharedMemory?

  private var plan: ExchangePlan?
  private var published: [Bool]
  private var publishedBucketCount = 0
  private var startedChunkCount = 0
  private var active: [ChunkExchange] = []

  /// Allocates this rank's buffers.
  init(_ layout: GradientLayout, slotCount: Int, over world: any Communicator) throws {
    self.world = world
    self.layout = layout
    let step = max(Self.chunkCount, world.worldSize * GradientReducer.blockSize)
    var chunks: [GradientChunk] = []
    var ends: [Int] = []
    for bucket in layout.buckets {
      for start in stride(from: bucket.lowerBound, to: bucket.upperBound, by: step) {
        chunks.append(
          GradientChunk(
            shares: GradientLayout.shares(
              of: start..<min(start + step, bucket.upperBound), worldSize: world.worldSize,
              turn: chunks.count), range: start..<min(start + step, bucket.upperBound)))
      }
      ends.append(chunks.count)
    }
    self.chunks = chunks
    chunkEnds = ends
    largestShareCount = chunks.map { $0.shares[world.rank].count }.max() ?? 0
    bufferBytes = (layout.floatCount * MemoryLayout<Float>.stride + 4095) / 4096 * 4096
    memory = try SharedMemory(byteCount: slotCount * bufferBytes)
    published = Array(repeating: false, count: layout.buckets.count)
  }

  /// The bytes of what a rank receives, for a store of one bucket at least as large as the window.
  static func incomingBytes(floatCount: Int, foreignCount: Int, worldSize: Int) -> Int {
    let chunk = max(chunkCount, worldSize * GradientReducer.blockSize)
    return min(window * chunk, floatCount) * foreignCount / worldSize * MemoryLayout<Float>.stride
  }

  func begin(_ plan: GradientPlan) throws {
    if self.plan?.tree != plan.tree {
      let next = ExchangePlan(plan, rank: world.rank)
      let bytes =
        min(Self.window, chunks.count) * next.foreignCount * largestShareCount
        * MemoryLayout<Float>.stride
      if bytes > incoming?.byteCount ?? 0 { incoming = try SharedMemory(byteCount: bytes) }
      self.plan = next
    }
    for bucket in published.indices { published[bucket] = false }
    publishedBucketCount = 0
    startedChunkCount = 0
  }

  func buffer(_ slot: Int) -> UnsafeMutablePointer<Float> {
    precondition((slot + 1) * bufferBytes <= memory.byteCount, "no gradient buffer \(slot)")
    return (memory.base + slot * bufferBytes).assumingMemoryBound(to: Float.self)
  }

  func publish(bucket: Int) throws {
    published[bucket] = true
    while publishedBucketCount < published.count, published[publishedBucketCount] {
      publishedBucketCount += 1
    }
  }

  func advance() throws -> Progress {
    guard let plan else { return .done }
    let readyChunkCount = publishedBucketCount == 0 ? 0 : chunkEnds[publishedBucketCount - 1]
    var hasAdvanced = false
    while true {
      while startedChunkCount < readyChunkCount, active.count < Self.window {
        active.append(try start(startedChunkCount, plan))
        startedChunkCount += 1
      }
      for exchange in active where try exchange.advance() { hasAdvanced = true }
      guard active.first?.isDone == true else { break }
      while active.first?.isDone == true { active.removeFirst() }
    }
    guard active.isEmpty && startedChunkCount == chunks.count else {
      return hasAdvanced ? .some : .none
    }
    return .done
  }

  func missingRanks() -> [Int] {
    Array(Set(active.flatMap(\.missingRanks))).sorted()
  }

  func end() throws -> (gradients: UnsafeMutablePointer<Float>, owned: [Range<Int>]) {
    (buffer(0), [0..<layout.floatCount])
  }

  private func start(_ index: Int, _ plan: ExchangePlan) throws -> ChunkExchange {
    let chunk = chunks[index]
    plan.completeOwnNodes(in: chunk.range, buffer: buffer)
    let place = index % Self.window
    let space = incoming.map {
      $0.base.assumingMemoryBound(to: Float.self) + place * plan.foreignCount * largestShareCount
    }
    return try ChunkExchange(
      chunk, place: place, plan: plan, buffer: buffer, incoming: space, over: world)
  }
}

/// A part of the store that is summed at a time.
struct GradientChunk {
  /// The share of each rank.
  let shares: [Range<Int>]
  /// The whole.
  let range: Range<Int>
}

/// What each rank sends and adds in a step.
struct ExchangePlan {
  /// The tree.
  let tree: GradientTree
  /// The nodes that each rank sends, the fewest that cover its run.
  let nodes: [[Range<Int>]]
  /// This rank's buffers with the values of its nodes.
  let slots: [Int]
  /// The sum over all ranks' nodes.
  let sum: GradientSum
  /// The number of nodes of other ranks.
  let foreignCount: Int
  /// How this rank's nodes come from what it holds.
  private let local: [(slots: [Int], sum: GradientSum)]

  init(_ plan: GradientPlan, rank: Int) {
    let tree = plan.tree
    self.tree = tree
    nodes = plan.runs.map { $0.isEmpty ? [] : tree.cover($0) }
    sum = tree.sum(from: Array(nodes.joined()))
    foreignCount = nodes.joined().count - nodes[rank].count
    local = nodes[rank].map { node in
      let parts = plan.held[rank].filter { node.contains($0.node.lowerBound) }
      return (parts.map(\.slot), tree.sum(of: node, from: parts.map(\.node)))
    }
    slots = local.map { $0.slots[0] }
  }

  /// Merges what this rank holds into the nodes that it sends, in a part of the store.
  func completeOwnNodes(in range: Range<Int>, buffer: (Int) -> UnsafeMutablePointer<Float>) {
    for (slots, sum) in local {
      let parts = slots.map { UnsafePointer(buffer($0) + range.lowerBound) }
      sum.evaluate(parts, into: buffer(slots[0]) + range.lowerBound, count: range.count)
    }
  }
}
