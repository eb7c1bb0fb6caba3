internal import Collectives

/// The messages about one chunk of the gradient store.
final class ChunkExchange {
  private let world: any Communicator
  private let chunk: GradientChunk
  private let plan: ExchangePlan
  private let sumTag: Int
  private let sums: UnsafeMutablePointer<Float>
  private let parts: [UnsafePointer<Float>]

  private var partialSends: [(owner: Int, transfers: [PendingTransfer])] = []
  private var partialReceives: [PendingTransfer] = []
  private var sumTransfers: [PendingTransfer] = []
  private var isSummed = false

  /// Starts to send this rank's nodes to the owners of the shares, and to receive those of others.
  ///
  /// - Parameters:
  ///   - chunk: what is summed.
  ///   - place: among the chunks that are on their way, for the tags.
  ///   - plan: who sends what.
  ///   - buffer: this rank's buffers; the sums go into the first.
  ///   - incoming: space for the shares of other ranks' nodes.
  ///   - world: the ranks.
  /// - Throws: `CollectiveError.transport`.
  init(
    _ chunk: GradientChunk, place: Int, plan: ExchangePlan,
    buffer: (Int) -> UnsafeMutablePointer<Float>, incoming: UnsafeMutablePointer<Float>?,
    over world: any Communicator
  ) throws {
    self.world = world
    self.chunk = chunk
    self.plan = plan
    sums = buffer(0)
    let partialTag = MessageTag.gradientPartials + place
    sumTag = MessageTag.gradientSums + place

    let own = chunk.shares[world.rank]
    var parts: [UnsafePointer<Float>] = []
    var space = incoming
    for rank in plan.nodes.indices {
      for node in plan.nodes[rank].indices {
        if rank == world.rank {
          parts.append(UnsafePointer(buffer(plan.slots[node]) + own.lowerBound))
        } else if !own.isEmpty, let start = space {
          partialReceives.append(
            try world.startReceive(into: bytes(start, own.count), from: rank, tag: partialTag))
          parts.append(UnsafePointer(start))
          space = start + own.count
        }
      }
    }
    self.parts = parts

    // Beginning with the next rank, so that not all send to one at a time.
    for distance in 1..<max(1, world.worldSize) {
      let owner = (world.rank + distance) % world.worldSize
      let share = chunk.shares[owner]
      guard !share.isEmpty else { continue }
      let transfers = try plan.slots.map { slot in
        try world.startSend(
          UnsafeRawBufferPointer(bytes(buffer(slot) + share.lowerBound, share.count)), to: owner,
          tag: partialTag)
      }
      partialSends.append((owner, transfers))
    }
    isSummed = own.isEmpty
  }

  /// Whether this rank has all sums of the chunk and nobody needs anything of it any more.
  var isDone: Bool {
    isSummed && partialSends.isEmpty && partialReceives.isEmpty && sumTransfers.isEmpty
  }

  /// The ranks at the other ends of what is not done.
  var missingRanks: [Int] {
    (partialReceives + sumTransfers + partialSends.flatMap(\.transfers)).map(\.peer)
  }

  /// Does what can be done without waiting.
  ///
  /// - Returns: whether anything was done.
  func advance() throws -> Bool {
    let before = (partialSends.count, partialReceives.count, sumTransfers.count)
    // An owner's sums arrive where the partial lies that it was sent: not before it has gone.
    try partialSends.removeAll { owner, transfers in
      guard try transfers.allSatisfy({ try $0.test() }) else { return false }
      let share = chunk.shares[owner]
      sumTransfers.append(
        try world.startReceive(
          into: bytes(sums + share.lowerBound, share.count), from: owner, tag: sumTag))
      return true
    }
    try partialReceives.removeAll { try $0.test() }
    if !isSummed && partialReceives.isEmpty {
      try sumOwnShare()
      return true
    }
    try sumTransfers.removeAll { try $0.test() }
    return before != (partialSends.count, partialReceives.count, sumTransfers.count)
  }

  private func sumOwnShare() throws {
    let own = chunk.shares[world.rank]
    plan.sum.evaluate(parts, into: sums + own.lowerBound, count: own.count)
    isSummed = true
    for distance in 1..<max(1, world.worldSize) {
      let other = (world.rank + distance) % world.worldSize
      sumTransfers.append(
        try world.startSend(
          UnsafeRawBufferPointer(bytes(sums + own.lowerBound, own.count)), to: other,
          tag: sumTag))
    }
  }
}

private func bytes(
  _ start: UnsafeMutablePointer<Float>, _ count: Int
) -> UnsafeMutableRawBufferPointer {
  UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: start, count: count))
}
