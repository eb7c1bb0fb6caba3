public import Collectives
import Files
public import Tokenizers
import Tokens

extension TextDataset {
  /// Tokenizes the texts and cuts the stream of tokens into samples.
  ///
  /// All ranks must call it.
  ///
  /// The stream is each document's tokens and a separator, one document after another; what is left of
  /// a document goes on in the next sample, and nothing is dropped. The ranks share the work, and the
  /// next start with the same content and tokenizer finds the tokens in the cache. The samples depend
  /// on neither. Ranks on several nodes need a cache that all of them see, or none.
  ///
  /// - Parameters:
  ///   - length: how many tokens a sample has, the two special ones around it included
  ///   - tokenizer: what makes tokens of text
  ///   - world: the ranks that take part
  ///   - threadCount: how many threads of this rank tokenize
  ///   - cache: where tokens are kept; texts in memory are never kept
  ///   - progress: told which share of the tokenization is done
  /// - Returns: the samples, the same on every rank
  /// - Throws: `TextError`, `DataError`, `TokenizerError`, `FileError` or `RanksDisagree`, on every rank
  public func grouped(
    into length: Int, using tokenizer: Tokenizer, on world: any Communicator, threadCount: Int = 1,
    cache: TokenCache = .standard, progress: (Double) -> Void = { _ in }
  ) throws -> TokenDataset {
    let special = try world.together("look at the settings") {
      guard length >= 3 else { throw DataError.blockSize(length) }
      return try tokenizer.specialTokens
    }
    let cache = isInMemory ? .none : cache
    let digests = try ContentDigests(cache: cache).digests(of: sources, on: world)
    let tokenizerDigest = tokenizer.fingerprint
    try world.requireEqual(
      [
        ("tokenizer", tokenizerDigest), ("block size", "\(length)"),
        ("cache", cache.folder == nil ? "none" : "a folder"),
      ],
      "comparison of settings")
    let key = SHA256.digest(
      of: Array(
        (["format \(CacheIndex.format)", "tokenizer \(tokenizerDigest)"] + digests)
          .joined(separator: "\n").utf8)
    ).hex
    let encoder = TextEncoder(
      plan: ChunkPlan(sources), tokenizer: tokenizer, separator: special.separator,
      threadCount: threadCount)
    return try withoutActuallyEscaping(progress) { progress in
      let builder = StreamBuilder(
        encoder: encoder, vocabularySize: tokenizer.vocabularySize, world: world, progress: progress
      )
      let stream = try stream(of: key, from: builder, cache: cache)
      return TokenDataset(
        blocks: TokenBlocks(
          stream: stream.tokens, length: length, opening: special.classification,
          closing: special.separator),
        fingerprint: SHA256.digest(of: Array("\(key) \(length)".utf8)).hex,
        notes: notes + stream.notes, preparation: stream.preparation)
    }
  }

  private func stream(
    of key: String, from builder: StreamBuilder, cache: TokenCache
  ) throws -> (tokens: TokenStream, notes: [String], preparation: TokenDataset.Preparation) {
    guard let folder = cache.entry(key) else {
      return try streamInMemory(from: builder, notes: [])
    }
    let entry = CacheEntry(
      key: key, folder: folder, digests: RememberedDigests(cache: cache))
    var notes: [String] = []
    var damagedIndex: [UInt8]?
    switch try entry.find(on: builder.world) {
    case .index(let index):
      return (
        try entry.stream(of: index, on: builder.world), notes,
        try preparation(index.documentCount, index.wordTokenCount, true)
      )
    case .damage(let what, let index):
      notes.append("the cache was damaged and is made again: \(what)")
      damagedIndex = index
    case .nothing: break
    }
    switch try builder.openFolder(beside: entry) {
    case .folder(let temporary):
      let index = try builder.build(entry, in: temporary, replacing: damagedIndex)
      return (
        try entry.stream(of: index, on: builder.world), notes,
        try preparation(index.documentCount, index.wordTokenCount, false)
      )
    case .refused(let reason):
      notes.append(
        "token cache: \(reason): tokens stay in memory this time (LOCKSTEP_CACHE=DIR keeps them in "
          + "another folder, LOCKSTEP_CACHE=none in none)")
      return try streamInMemory(from: builder, notes: notes)
    }
  }

  private func streamInMemory(
    from builder: StreamBuilder, notes: [String]
  ) throws -> (tokens: TokenStream, notes: [String], preparation: TokenDataset.Preparation) {
    let (tokens, totals) = try builder.buildInMemory()
    return (tokens, notes, try preparation(totals.documentCount, totals.wordTokenCount, false))
  }

  private func preparation(
    _ documentCount: Int, _ wordTokenCount: Int, _ isCached: Bool
  ) throws -> TokenDataset.Preparation {
    guard wordTokenCount > 0 else {
      throw TextError.noTokens(path: sources[0].name, fileCount: sources.count)
    }
    return TokenDataset.Preparation(
      byteCount: byteCount, documentCount: documentCount, wordTokenCount: wordTokenCount,
      isCached: isCached)
  }
}
