import Collectives
import Files
import Glibc
import Tokens

/// Tokenizes texts, each rank a run of their chunks.
struct StreamBuilder {
  let encoder: TextEncoder
  let vocabularySize: Int
  let world: any Communicator
  /// Told on every rank which share of the work is done.
  let progress: (Double) -> Void

  /// What all ranks together have found.
  struct Totals {
    var counts: [Int]
    var documentCount: Int
    var wordTokenCount: Int
  }

  /// Builds the stream in the memory of every rank.
  ///
  /// All ranks must call it.
  ///
  /// - Throws: `TextError` on every rank.
  func buildInMemory() throws -> (TokenStream, Totals) {
    var own: [TokenID] = []
    let totals = try encode { own += $0 }
    var parts: [TokenStream.Part] = [.memory(own)]
    if world.worldSize > 1 {
      let width = TokenWidth(vocabularySize: vocabularySize)
      parts = try world.allgather(width.bytes(of: own), "exchange of tokens").map {
        .memory(width.tokens(in: $0))
      }
    }
    return (TokenStream(parts, counts: totals.counts), totals)
  }

  /// Builds the stream in the cache.
  ///
  /// All ranks must call it.
  ///
  /// - Parameters:
  ///   - entry: what is to be there afterwards
  ///   - temporary: the folder that was opened for it
  ///   - damagedIndex: the index of the entry that is to be replaced; nil if there was none
  /// - Returns: the index of the entry, the same on every rank
  /// - Throws: `TextError`, `FileError` or `DataError` on every rank; nothing is left behind then
  func build(
    _ entry: CacheEntry, in temporary: String, replacing damagedIndex: [UInt8]?
  ) throws -> CacheIndex {
    do {
      return try write(entry, to: temporary, replacing: damagedIndex)
    } catch {
      if world.isRoot { try? Folder.removeTree(temporary) }
      throw error
    }
  }

  private func write(
    _ entry: CacheEntry, to temporary: String, replacing damagedIndex: [UInt8]?
  ) throws -> CacheIndex {
    let width = TokenWidth(vocabularySize: vocabularySize)
    var part = CacheIndex.Part(
      file: "part-\(world.rank).tokens", tokenCount: 0, byteCount: 0, sha256: "")
    let writer = try world.together("opening of the cache") {
      guard Folder.exists(temporary) else {
        throw DataError.cacheNotShared(folder: Folder.parent(of: temporary), rank: world.rank)
      }
      return try namingTheCache {
        let writer = try DurableWriter(creating: temporary + "/" + part.file)
        try writer.write(width.header)
        return writer
      }
    }
    let totals = try encode { tokens in
      try namingTheCache { try writer.write(width.bytes(of: tokens)) }
      part.tokenCount += tokens.count
    }
    try world.together("writing of the cache") {
      part.sha256 = try namingTheCache { try writer.commit().hex }
      part.byteCount = Int(writer.byteCount)
      entry.digests.remember(
        part.sha256, ofFinished: try FileIdentity(path: temporary + "/" + part.file))
    }
    let fields = [part.file, "\(part.tokenCount)", "\(part.byteCount)", part.sha256]
    let parts = try world.allgather(
      Array(fields.joined(separator: " ").utf8), "exchange of the cache's index")
    let countBytes = TokenCounts.encoded(totals.counts)
    let index = CacheIndex(
      key: entry.key, width: width, vocabularySize: vocabularySize,
      documentCount: totals.documentCount, wordTokenCount: totals.wordTokenCount,
      counts: CacheIndex.Part(
        file: "counts.bin", tokenCount: 0, byteCount: countBytes.count,
        sha256: SHA256.digest(of: countBytes).hex),
      parts: parts.map(part(_:)))
    let committed = try world.onRoot("commit of the cache") { _ in
      try namingTheCache {
        let writer = try DurableWriter(creating: temporary + "/" + index.counts.file)
        try writer.write(countBytes)
        try writer.commit()
        return try entry.commit(temporary, index, replacing: damagedIndex).serialized
      }
    }
    return try CacheIndex(
      world.broadcast(committed, from: 0, "commit of the cache"), file: entry.folder)
  }

  /// Does something to the cache; an error says what the file is good for.
  private func namingTheCache<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw DataError.cacheNotWritten(reason: "\(error)", exitCode: error.exitCode)
    }
  }

  private func part(_ bytes: [UInt8]) -> CacheIndex.Part {
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return CacheIndex.Part(
      file: String(fields[0]), tokenCount: Int(fields[1]) ?? 0, byteCount: Int(fields[2]) ?? 0,
      sha256: String(fields[3]))
  }

  /// Removes what runs that were killed more than a day ago have left behind.
  private func removeLeftovers(of entry: CacheEntry) {
    let parent = Folder.parent(of: entry.folder)
    for name in (try? Folder.list(parent)) ?? [] where name.hasPrefix(entry.key + ".tmp-") {
      var status = stat()
      guard unsafe stat(parent + "/" + name, &status) == 0 else { continue }
      let age = time(nil) - status.st_mtim.tv_sec
      if age > 86_400 { try? Folder.removeTree(parent + "/" + name) }
    }
  }

  /// What came of making a folder in the cache, the same on every rank.
  enum Opening {
    /// The folder that only this run writes to.
    case folder(String)
    /// The cache cannot be written, and why.
    case refused(reason: String)
  }

  /// Makes a folder that only this run writes to, on rank 0, and tells the others its path.
  ///
  /// All ranks must call it.
  ///
  /// - Returns: the folder, or why there is none; training needs no cache.
  /// - Throws: what collectives throw
  func openFolder(beside entry: CacheEntry) throws -> Opening {
    let opened = try world.onRoot("opening of the cache") { _ in
      do {
        return try [1] + Array(makeFolder(beside: entry).utf8)
      } catch let error as FileError {
        return [0] + Array("\(error)".utf8)
      }
    }
    let told = try world.broadcast(opened, from: 0, "opening of the cache")
    let text = String(decoding: told.dropFirst(), as: UTF8.self)
    return told.first == 1 ? .folder(text) : .refused(reason: text)
  }

  private func makeFolder(beside entry: CacheEntry) throws -> String {
    try Folder.create(Folder.parent(of: entry.folder), withParents: true)
    removeLeftovers(of: entry)
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    let path = "\(entry.folder).tmp-\(getpid())-\(now.tv_sec)\(now.tv_nsec)"
    try Folder.create(path)
    return path
  }

  /// Encodes this rank's chunks, and sums up what all ranks have found.
  private func encode(_ take: ([TokenID]) throws -> Void) throws -> Totals {
    var counts = [Int](repeating: 0, count: vocabularySize)
    var documentCount = 0
    var tokenCount = 0
    let plan = encoder.plan
    try plan.forEachRound(on: world, "tokenization", progress: progress) { chunks in
      try encoder.encode(chunks) { tokens, documents in
        TokenCounts.add(tokens, to: &counts)
        tokenCount += tokens.count
        documentCount += documents
        try take(tokens)
      }
    }
    try world.together("tokenization") {
      for source in plan.sources { try source.requireUnchanged() }
    }
    let sums = try world.allreduceSum(
      [Int64(documentCount), Int64(tokenCount - documentCount)] + counts.map(Int64.init),
      "sum of token counts")
    return Totals(
      counts: sums.dropFirst(2).map(Int.init), documentCount: Int(sums[0]),
      wordTokenCount: Int(sums[1]))
  }
}
