import Collectives

/// All chunks of several texts in order, and which of them a rank reads.
struct ChunkPlan: Sendable {
  /// The texts in order.
  let sources: [TextSource]
  /// The number of each text's first chunk, and at last that of all chunks.
  private let starts: [Int]

  init(_ sources: [TextSource]) {
    self.sources = sources
    starts = sources.reduce(into: [0]) { starts, source in
      starts.append(
        starts[starts.count - 1] + TextReader.chunkCount(byteCount: source.byteCount))
    }
  }

  /// How many chunks there are.
  var count: Int { starts[starts.count - 1] }

  /// The contiguous run of chunks that a rank reads: all ranks about equally many bytes.
  func chunks(ofRank rank: Int, worldSize: Int) -> Range<Int> {
    count * rank / worldSize..<count * (rank + 1) / worldSize
  }

  /// How many chunks a rank reads before it hears whether others have failed.
  private static let chunksPerRound = 256

  /// Reads this rank's chunks in rounds, after each of which all ranks know whether one has failed.
  ///
  /// All ranks must call it.
  ///
  /// - Parameters:
  ///   - world: the ranks that take part
  ///   - operation: what is done, for the message of an error
  ///   - progress: told after each round which share is done
  ///   - body: takes a run of chunks
  /// - Throws: on every rank, what `body` throws on one
  func forEachRound(
    on world: any Communicator, _ operation: String, progress: (Double) -> Void,
    _ body: (Range<Int>) throws -> Void
  ) throws {
    let own = chunks(ofRank: world.rank, worldSize: world.worldSize)
    let longest = (count + world.worldSize - 1) / world.worldSize
    for start in stride(from: 0, to: longest, by: Self.chunksPerRound) {
      let from = min(own.lowerBound + start, own.upperBound)
      try world.together(operation) {
        try body(from..<min(from + Self.chunksPerRound, own.upperBound))
      }
      progress(min(1, Double(start + Self.chunksPerRound) / Double(longest)))
    }
  }

  /// The text that a chunk belongs to, and the chunk's number in it.
  func place(of chunk: Int) -> (source: TextSource, chunk: Int) {
    var low = 0
    var high = sources.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= chunk { low = middle } else { high = middle }
    }
    return (sources[low], chunk - starts[low])
  }
}
