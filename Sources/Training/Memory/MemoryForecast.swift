package import Collectives
internal import DataParallel
package import Models

/// What a run will need at its fullest, by arithmetic: nothing is allocated.
package struct MemoryForecast: Sendable {
  /// Something that takes memory.
  package struct Term: Sendable, Equatable {
    /// What it is.
    package let name: String
    /// What rank 0, the fullest, holds of it.
    package let rankBytes: Int
    /// What all ranks of a node hold of it; what they share counts once.
    package let nodeBytes: Int
    /// Whether every rank of a node maps all of it.
    let isShared: Bool
  }

  /// The ranks and how they sum gradients.
  package struct Ranks: Sendable {
    let worldSize: Int
    let nodeSize: Int
    let microBatchesPerStep: Int
    let availableSharedMemory: Int

    /// The ranks of a world.
    package init(_ world: any Communicator, microBatchesPerStep: Int) {
      worldSize = world.worldSize
      nodeSize = world.nodeSize
      self.microBatchesPerStep = microBatchesPerStep
      availableSharedMemory = world.availableSharedMemory
    }

    /// Ranks of one node with room for what they share.
    package init(onOneNode count: Int, microBatchesPerStep: Int) {
      worldSize = count
      nodeSize = count
      self.microBatchesPerStep = microBatchesPerStep
      availableSharedMemory = .max
    }
  }

  /// All terms, in the order in which they are allocated.
  package let terms: [Term]
  /// How many ranks a node has.
  package let nodeSize: Int
  /// What a process held when the forecast was made.
  package let residentBytes: Int

  private let unfilledBytes: Int

  /// Code and stacks that a process has not touched before its first step, and the slack of pages of
  /// two megabytes.
  private static let untouchedBytes = 5 << 20
  /// The addresses of the reading thread: its stack, and what the C library sets aside for it.
  private static let threadAddressBytes = 136 << 20

  /// A forecast.
  ///
  /// - Parameters:
  ///   - configuration: the model.
  ///   - activations: what a micro-batch holds.
  ///   - ranks: how many there are.
  ///   - savesCheckpoints: whether rank 0 comes to see all of the optimizer's state.
  ///   - resident: what a process holds already: its code, the tokenizer and the data.
  package init(
    _ configuration: ModelConfiguration, activations: ActivationForecast,
    ranks: Ranks, savesCheckpoints: Bool = true, resident: Int
  ) {
    let store = configuration.parameterCount * MemoryLayout<Float>.size
    let reducer = GradientReducer.Memory(
      microBatchCapacity: ranks.microBatchesPerStep, worldSize: ranks.worldSize)
    let size = ranks.nodeSize
    let buffers = reducer.bufferCounts
    let isShared =
      size > 1
      && size == ranks.worldSize
      && ranks.availableSharedMemory / 10 * 9 > (buffers.reduce(0, +) + 3) * store
    // Of several nodes, the one whose ranks have the most.
    let onNode = buffers.sorted(by: >).prefix(size).reduce(0, +)
    let own = buffers.max() ?? 1
    nodeSize = size
    residentBytes = resident
    // The store's own gradients, and the optimizer's state before it is shared.
    unfilledBytes = (isShared ? 3 : 1) * store + Self.threadAddressBytes
    func each(_ name: String, _ bytes: Int) -> Term {
      Term(name: name, rankBytes: bytes, nodeBytes: bytes * size, isShared: false)
    }
    func once(_ name: String, _ bytes: Int) -> Term {
      isShared
        ? Term(name: name, rankBytes: bytes, nodeBytes: bytes, isShared: true) : each(name, bytes)
    }
    var terms = [once("parameters", store)]
    // A rank of a node adds its share of everybody's gradients.
    let read = isShared ? (onNode - own) * store / size : 0
    terms.append(
      Term(
        name: "gradients", rankBytes: own * store + read, nodeBytes: onNode * store,
        isShared: isShared))
    if !isShared, ranks.worldSize > 1 {
      let floatCount = configuration.parameterCount
      terms.append(each("received gradients", reducer.incomingBytes(floatCount: floatCount)))
    }
    terms.append(
      Term(
        name: "optimizer state",
        // A rank of a node updates its share; rank 0 reads all for a checkpoint.
        rankBytes: isShared && !savesCheckpoints ? 2 * store / size : 2 * store,
        nodeBytes: isShared ? 2 * store : 2 * store * size, isShared: isShared))
    terms.append(each("activations", activations.byteCount))
    terms.append(each("code and data", resident + Self.untouchedBytes))
    self.terms = terms
  }

  /// What the fullest rank needs.
  package var rankBytes: Int { terms.reduce(0) { $0 + $1.rankBytes } }

  /// What all ranks of a node need together.
  package var nodeBytes: Int { terms.reduce(0) { $0 + $1.nodeBytes } }

  /// The addresses that the fullest rank still asks for: all of what its node shares, and memory that
  /// is mapped without ever being filled.
  package var addressBytes: Int {
    terms.reduce(unfilledBytes - residentBytes) { $0 + ($1.isShared ? $1.nodeBytes : $1.rankBytes) }
  }

  /// What a node needs without its activations: no smaller micro-batch makes it less.
  package var leastNodeBytes: Int {
    nodeBytes - (terms.first { $0.name == "activations" }?.nodeBytes ?? 0)
  }
}
