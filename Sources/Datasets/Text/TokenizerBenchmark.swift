import Files
import Synchronization
package import Tokenizers
import Tokens

/// Times the encoding of text lines that are in memory, for the Benchmarks folder.
package struct TokenizerBenchmark: Sendable {
  /// The size of all files in bytes.
  package let byteCount: Int
  private let files: [[UInt8]]
  private let batches: [Batch]

  /// About how many bytes of lines a thread takes at a time.
  private static let batchBytes = 128 << 10

  /// Lines of one file that a thread takes together.
  private struct Batch: Sendable {
    let file: Int
    var lines: [Range<Int>] = []
  }

  /// What a round came to.
  package struct Round: Sendable {
    /// How many tokens all lines have; no special tokens are added to them.
    package let tokenCount: Int
    /// How long encoding took, in seconds.
    package let seconds: Double
  }

  /// Reads files and finds their lines, which end with LF.
  ///
  /// - Throws: `FileError` if a file cannot be read.
  package init(paths: [String]) throws {
    files = try paths.map { try File.read($0) }
    byteCount = files.reduce(0) { $0 + $1.count }
    batches = files.indices.flatMap { [files] in Self.batches(of: files[$0], file: $0) }
  }

  private static func batches(of bytes: [UInt8], file: Int) -> [Batch] {
    var batches: [Batch] = []
    var batch = Batch(file: file)
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      batch.lines.append(start..<end)
      start = end + 1
      if start - batch.lines[0].lowerBound >= batchBytes || start >= bytes.count {
        batches.append(batch)
        batch.lines.removeAll()
      }
    }
    return batches
  }

  /// Encodes all lines once.
  ///
  /// - Parameters:
  ///   - tokenizer: one that has encoded nothing yet, if what it remembers of texts is not to help
  ///   - threadCount: how many threads share the lines
  /// - Returns: how many tokens there are, and how long it took
  package func run(_ tokenizer: Tokenizer, threadCount: Int) -> Round {
    let state = State()
    let start = ContinuousClock.now
    onThreads(max(1, threadCount)) { _ in
      var ids: [TokenID] = []
      while true {
        let index = state.next.add(1, ordering: .relaxed).oldValue
        guard index < batches.count else { return }
        ids.removeAll(keepingCapacity: true)
        unsafe files[batches[index].file].withUnsafeBufferPointer { bytes in
          for line in batches[index].lines {
            unsafe tokenizer.append(
              tokensOf: UnsafeBufferPointer(rebasing: bytes[line]), to: &ids)
          }
        }
        state.tokenCount.add(ids.count, ordering: .relaxed)
      }
    }
    return Round(
      tokenCount: state.tokenCount.load(ordering: .relaxed),
      seconds: start.duration(to: .now) / .seconds(1))
  }

  private final class State: Sendable {
    let next = Atomic(0)
    let tokenCount = Atomic(0)
  }
}
