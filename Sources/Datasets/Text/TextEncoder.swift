import Synchronization
import Tokenizers
import Tokens

/// Turns chunks of texts into the stream of tokens, on several threads.
///
/// The tokens of a document are those of its lines, each line encoded on its own; a separator ends the
/// document. The stream does not depend on how chunks are shared out over ranks and threads.
struct TextEncoder: Sendable {
  let plan: ChunkPlan
  let tokenizer: Tokenizer
  let separator: TokenID
  let threadCount: Int

  /// What a chunk turned out to hold.
  private struct Piece: Sendable {
    var tokens: [TokenID] = []
    var documentCount = 0
  }

  /// How many chunks a thread encodes before what is done is handed on.
  private static let chunksPerWave = 16

  /// Encodes a run of chunks and hands their tokens on in order.
  ///
  /// - Parameters:
  ///   - chunks: numbers of chunks of the plan
  ///   - take: called on this thread with a part of the stream and how many documents end in it
  /// - Throws: `TextError` of the first chunk that cannot be read, and what `take` throws.
  func encode(_ chunks: Range<Int>, _ take: ([TokenID], Int) throws -> Void) throws {
    let waveCount = max(1, threadCount) * Self.chunksPerWave
    for start in stride(from: chunks.lowerBound, to: chunks.upperBound, by: waveCount) {
      let wave = start..<min(start + waveCount, chunks.upperBound)
      for result in encode(wave) {
        let piece = try result.get()
        try take(piece.tokens, piece.documentCount)
      }
    }
  }

  private func encode(_ wave: Range<Int>) -> [Result<Piece, any Error>] {
    let results = Results(count: wave.count)
    let threadCount = min(max(1, threadCount), wave.count)
    onThreads(threadCount) { _ in
      while true {
        let index = results.next.add(1, ordering: .relaxed).oldValue
        guard index < wave.count else { return }
        let result = Result { try encode(chunk: wave.lowerBound + index) }
        results.all.withLock { $0[index] = result }
      }
    }
    return results.all.withLock { $0 }
  }

  private final class Results: Sendable {
    let all: Mutex<[Result<Piece, any Error>]>
    /// The chunk of the wave that the next free thread takes.
    let next = Atomic(0)
    init(count: Int) { all = Mutex(Array(repeating: .success(Piece()), count: count)) }
  }

  private func encode(chunk index: Int) throws -> Piece {
    let (source, place) = plan.place(of: index)
    let chunk = try source.reader().chunk(place)
    var piece = Piece()
    piece.tokens.reserveCapacity(chunk.bytes.count / 3)
    unsafe chunk.bytes.withUnsafeBufferPointer { bytes in
      chunk.forEachElement { element in
        switch element {
        case .line(let range):
          unsafe tokenizer.append(
            tokensOf: UnsafeBufferPointer(rebasing: bytes[range]), to: &piece.tokens)
        case .end:
          piece.tokens.append(separator)
          piece.documentCount += 1
        }
      }
    }
    return piece
  }
}
