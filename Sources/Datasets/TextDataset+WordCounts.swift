public import Collectives
import Synchronization
public import Tokenizers

extension TextDataset {
  /// Counts the words that a vocabulary is learnt from.
  ///
  /// All ranks must call it; they share the work. The counts depend neither on the number of ranks nor
  /// on that of threads.
  ///
  /// - Parameters:
  ///   - trainer: what is to learn from the counts
  ///   - world: the ranks that take part
  ///   - threadCount: how many threads of this rank count
  ///   - progress: told which share of the texts is read
  /// - Returns: the counts of all texts on rank 0, nil elsewhere
  /// - Throws: `TextError`, on every rank
  public func wordCounts<Trainer: VocabularyTrainer>(
    for trainer: Trainer, on world: any Communicator, threadCount: Int = 1,
    progress: (Double) -> Void = { _ in }
  ) throws -> WordCounts? {
    let plan = ChunkPlan(sources)
    var counters = (0..<max(1, threadCount)).map { _ in trainer.makeCounter() }
    try plan.forEachRound(on: world, "counting of words", progress: progress) { chunks in
      counters = try Self.feed(chunks, of: plan, to: counters)
    }
    var counts = Self.sum(of: counters)
    let parts = try world.allgather(world.isRoot ? [] : counts.serialized(), "sum of word counts")
    return try world.onRoot("sum of word counts") { heartbeat in
      for part in parts.dropFirst() {
        counts.merge(try WordCounts(serialized: part))
        try heartbeat.beat()
      }
      return counts
    }
  }

  /// What all counters have counted; each turns what it met into words on a thread of its own.
  private static func sum(of counters: [some WordCounting]) -> WordCounts {
    let parts = Mutex([WordCounts](repeating: WordCounts(), count: counters.count))
    onThreads(counters.count) { thread in
      let counts = counters[thread].counts
      parts.withLock { $0[thread] = counts }
    }
    return parts.withLock { $0.dropFirst().reduce(into: $0[0]) { $0.merge($1) } }
  }

  /// Feeds every counter, on a thread of its own, with its share of some chunks.
  private static func feed<Counter: WordCounting>(
    _ chunks: Range<Int>, of plan: ChunkPlan, to counters: [Counter]
  ) throws -> [Counter] {
    let shares = Shares(counters)
    onThreads(counters.count) { thread in
      let result = Result {
        var counter = counters[thread]
        for index in stride(
          from: chunks.lowerBound + thread, to: chunks.upperBound, by: counters.count)
        {
          let (source, chunk) = plan.place(of: index)
          let bytes = try source.reader().chunk(chunk).bytes
          unsafe bytes.withUnsafeBufferPointer { unsafe counter.feed($0) }
        }
        return counter
      }
      shares.all.withLock { $0[thread] = result }
    }
    return try shares.all.withLock { try $0.map { try $0.get() } }
  }

  private final class Shares<Counter: WordCounting>: Sendable {
    let all: Mutex<[Result<Counter, any Error>]>
    init(_ counters: [Counter]) { all = Mutex(counters.map { .success($0) }) }
  }
}
