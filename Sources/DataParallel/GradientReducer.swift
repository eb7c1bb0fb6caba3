package import Collectives
package import Diagnostics

/// Sums the gradients of a step's micro-batches over a world in the order of `GradientTree`, while
/// the last backward pass still runs.
///
/// It gives every rank buffers, `[floatCount]` each, for the micro-batches of its run. A step is:
///
/// 1. `beginStep(microBatchCount:)`
/// 2. for each micro-batch of `microBatches`, in order: `gradientBuffer(forMicroBatch:)`, a backward
///    pass that writes all of the buffer, `microBatchIsDone(_:)`; during the pass of the last one,
///    `bucketIsReady(_:)` as soon as nothing more will be written into a bucket
/// 3. `finish()`
///
/// All ranks take part in every step, also those whose run is empty. The result of `finish` is valid
/// until this rank's next `beginStep`, which waits until every rank has come to its own `finish`:
/// so no barrier is needed for the reducer's sake.
package final class GradientReducer {
  /// How partial sums come together.
  package enum Mode: Sendable {
    /// In shared memory if all ranks share a node and it has room, otherwise by messages.
    case automatic
    /// In memory that all ranks share; a rank gets the sums of its shares of the store.
    case sharedMemory
    /// By messages; every rank gets all sums.
    case exchange
  }

  /// The floats in a block: buckets begin at multiples of it, and so do ranks' shares of them.
  package static let blockSize = 16_384

  /// The way that was chosen, never `automatic`.
  package let mode: Mode
  /// The micro-batches of this rank in the current step.
  package private(set) var microBatches = 0..<0

  private let world: any Communicator
  private let layout: GradientLayout
  private let microBatchCapacity: Int
  private let transport: any GradientTransport
  private var plan: GradientPlan?
  private var held = HeldPartials()
  private var published: [Bool]
  private var isInStep = false

  /// Allocates the buffers.
  ///
  /// All ranks must call it, with the same arguments.
  ///
  /// - Parameters:
  ///   - floatCount: the size of a gradient store.
  ///   - buckets: ranges that cover the store once and begin at multiples of `blockSize`, in the
  ///     order in which the backward pass completes them.
  ///   - world: the ranks.
  ///   - microBatchCapacity: the most micro-batches in a step.
  ///   - mode: how sums are made.
  ///   - reserve: the bytes of shared memory that must stay free, for what the caller shares as
  ///     well, if memory is to be shared automatically.
  /// - Throws: `CollectiveError.sharedMemoryIsFull`, `.mapping` or `.stalled`; or
  ///   `GradientReducerError` if shared memory is demanded of several nodes.
  package init(
    floatCount: Int, buckets: [Range<Int>], over world: any Communicator, microBatchCapacity: Int,
    mode: Mode = .automatic, leaving reserve: Int = 0
  ) throws {
    precondition(microBatchCapacity > 0, "steps of up to \(microBatchCapacity) micro-batches")
    self.world = world
    self.microBatchCapacity = microBatchCapacity
    layout = GradientLayout(floatCount: floatCount, buckets: buckets)
    published = Array(repeating: false, count: buckets.count)
    let slotCounts = GradientPlan.slotCounts(
      capacity: microBatchCapacity, worldSize: world.worldSize)
    self.mode = try Self.choose(mode, layout, slotCounts, world, leaving: reserve)
    transport =
      if self.mode == .sharedMemory {
        try SharedMemoryTransport(layout, slotCounts: slotCounts, over: world)
      } else {
        try ExchangeTransport(layout, slotCount: slotCounts[world.rank], over: world)
      }
  }

  private static func choose(
    _ mode: Mode, _ layout: GradientLayout, _ slotCounts: [Int], _ world: any Communicator,
    leaving reserve: Int
  ) throws -> Mode {
    switch mode {
    case .exchange: return .exchange
    case .sharedMemory:
      guard world.sharesMemory else {
        throw GradientReducerError.ranksOnSeveralNodes(
          worldSize: world.worldSize, nodeSize: world.nodeSize)
      }
      return .sharedMemory
    case .automatic:
      guard world.sharesMemory else { return .exchange }
      // One rank looks, because what is free may change between two looks.
      let needed = SharedMemoryTransport.byteCount(layout, slotCounts: slotCounts) + reserve
      let fits: [UInt8]? =
        world.isRoot ? [world.availableSharedMemory / 10 * 9 > needed ? 1 : 0] : nil
      let answer = try world.broadcast(fits, from: 0, "choice of the gradients' way")
      return answer == [1] ? .sharedMemory : .exchange
    }
  }

  /// Begins a step, when all ranks have finished the one before.
  ///
  /// All ranks must call it.
  ///
  /// - Parameter microBatchCount: the number of micro-batches of all ranks together, from 1 to the
  ///   capacity.
  /// - Throws: `CollectiveError.stalled` or `.mapping`.
  package func beginStep(microBatchCount: Int) throws {
    precondition(!isInStep, "a step begins before the last one was finished")
    precondition(
      1...microBatchCapacity ~= microBatchCount,
      "\(microBatchCount) micro-batches in a step of up to \(microBatchCapacity)")
    var plan = self.plan
    if plan?.tree.leafCount != microBatchCount {
      plan = GradientPlan(microBatchCount: microBatchCount, worldSize: world.worldSize)
    }
    guard let plan else { return }
    self.plan = plan
    try transport.begin(plan)
    microBatches = plan.runs[world.rank]
    held = HeldPartials()
    for bucket in published.indices { published[bucket] = false }
    isInStep = true
  }

  /// The buffer for a micro-batch's gradient, `[floatCount]`; what it holds is of no use.
  ///
  /// - Parameter microBatch: its number in the step, the next of this rank's run.
  /// - Returns: the buffer, which is the caller's until `microBatchIsDone` or, for parts of the last
  ///   micro-batch's, `bucketIsReady`.
  package func gradientBuffer(forMicroBatch microBatch: Int) -> UnsafeMutablePointer<Float> {
    precondition(
      isInStep && microBatches.contains(microBatch),
      "micro-batch \(microBatch) is none of this rank's \(microBatches)")
    if let newest = held.partials.last, newest.node == microBatch..<microBatch + 1 {
      return transport.buffer(newest.slot)
    }
    precondition(
      microBatch == held.partials.last?.node.upperBound ?? microBatches.lowerBound,
      "micro-batch \(microBatch) is out of order")
    return transport.buffer(held.add(microBatch))
  }

  /// Takes a micro-batch's gradient, unless it is the last of the run: that one is taken bucket by
  /// bucket.
  ///
  /// - Parameter microBatch: its number in the step, the one whose buffer was given last.
  package func microBatchIsDone(_ microBatch: Int) {
    precondition(
      isInStep && held.partials.last?.node == microBatch..<microBatch + 1,
      "micro-batch \(microBatch) is done without a buffer")
    guard microBatch + 1 < microBatches.upperBound else { return }
    let parts = held.merge()
    guard let plan, let first = parts.first, let last = parts.last, parts.count > 1 else { return }
    let node = first.node.lowerBound..<last.node.upperBound
    plan.tree.sum(of: node, from: parts.map(\.node)).evaluate(
      parts.map { UnsafePointer(transport.buffer($0.slot)) }, into: transport.buffer(first.slot),
      count: layout.floatCount)
  }

  /// Takes a bucket of the last micro-batch's gradient, and goes on with the sums of all buckets.
  ///
  /// - Parameter bucket: its place in the order of buckets.
  /// - Throws: `CollectiveError.transport` or `.messageSize`.
  package func bucketIsReady(_ bucket: Int) throws {
    precondition(
      isInStep && held.partials.last?.node.upperBound == microBatches.upperBound,
      "bucket \(bucket) is ready before this rank's last micro-batch")
    precondition(!published[bucket], "bucket \(bucket) is ready twice")
    published[bucket] = true
    try transport.publish(bucket: bucket)
    try makeProgress()
  }

  /// Goes on with the sums, as far as that is possible without waiting.
  ///
  /// - Throws: `CollectiveError.transport` or `.messageSize`.
  package func makeProgress() throws {
    _ = try transport.advance()
  }

  /// Waits for the sums; buckets that nobody has called ready are.
  ///
  /// All ranks must call it.
  ///
  /// - Returns: a gradient store, `[floatCount]`, and the ascending ranges of it that hold the sums
  ///   over all micro-batches: this rank's shares if memory is shared, and otherwise everything.
  /// - Throws: `CollectiveError.stalled`, which names the ranks whose gradients are missing.
  package func finish() throws -> (gradients: UnsafeMutablePointer<Float>, owned: [Range<Int>]) {
    precondition(
      isInStep
        && (held.partials.last?.node.upperBound ?? microBatches.lowerBound)
          == microBatches.upperBound,
      "a step is finished before its micro-batches \(microBatches)")
    for bucket in published.indices where !published[bucket] {
      published[bucket] = true
      try transport.publish(bucket: bucket)
    }
    try world.wait(
      in: "sum of gradients", for: transport.missingRanks, whileAdvancing: transport.advance)
    isInStep = false
    return try transport.end()
  }
}

/// What a reducer cannot do.
package enum GradientReducerError: Diagnostic {
  /// Shared memory is demanded of ranks on several nodes.
  case ranksOnSeveralNodes(worldSize: Int, nodeSize: Int)

  package var exitCode: ExitCode { .configuration }

  package var description: String {
    switch self {
    case .ranksOnSeveralNodes(let worldSize, let nodeSize):
      "gradients: are to be summed in shared memory, but only \(nodeSize) of \(worldSize) ranks are "
        + "on this node: start all on one node or let the way be chosen"
    }
  }
}
