import Collectives
import Files

/// The tokens of one content in the cache: a folder of parts and an index.
struct CacheEntry {
  let key: String
  let folder: String
  /// Spares reading files that were checked before.
  let digests: RememberedDigests

  private var indexPath: String { folder + "/" + CacheIndex.fileName }

  /// What looking for the entry found.
  enum Finding: Equatable {
    case nothing
    case index(CacheIndex)
    case damage(String, index: [UInt8])
  }

  /// Looks whether the entry is there and whole; the ranks check its files in turn, and read those that
  /// have changed since they were checked last.
  ///
  /// All ranks must call it.
  ///
  /// - Throws: what collectives throw.
  func find(on world: any Communicator) throws -> Finding {
    var bytes: [UInt8]?
    if world.isRoot { bytes = indexBytes.map { [1] + $0 } ?? [] }
    let looked = try world.broadcast(bytes, from: 0, "look into the cache")
    if looked.isEmpty { return .nothing }
    let indexBytes = Array(looked.dropFirst())
    let index: CacheIndex
    do {
      index = try CacheIndex(indexBytes, file: indexPath)
    } catch {
      return .damage("\(error)", index: indexBytes)
    }
    guard index.key == key else {
      return .damage("\(indexPath): the key is another", index: indexBytes)
    }
    let readers = Array(0..<min(world.worldSize, index.files.count))
    let damage = try world.onRanks(readers, "check of the cache") { heartbeat -> String? in
      for file in stride(from: world.rank, to: index.files.count, by: world.worldSize) {
        if let damage = try self.damage(of: index.files[file], beat: heartbeat.beat) {
          return damage
        }
      }
      return nil
    }
    // Nothing to read and nothing found are the same.
    let found = damage.flatMap(\.self) ?? ""
    let damages = try world.allgather(Array(found.utf8), "check of the cache")
    if let first = damages.first(where: { !$0.isEmpty }) {
      return .damage(String(decoding: first, as: UTF8.self), index: indexBytes)
    }
    return .index(index)
  }

  /// What is wrong with a file; throws what `beat` throws.
  private func damage(of part: CacheIndex.Part, beat: () throws -> Void) throws -> String? {
    let path = folder + "/" + part.file
    do {
      let byteCount = try File.size(of: path)
      guard byteCount == UInt64(part.byteCount) else {
        return "\(path): \(byteCount) bytes instead of \(part.byteCount)"
      }
      let identity = try FileIdentity(path: path)
      if digests.digest(of: identity) == part.sha256 { return nil }
      guard try SHA256.digest(ofFile: path, beat: beat).hex == part.sha256 else {
        return "\(path): the checksum is wrong"
      }
      digests.remember(part.sha256, of: identity)
      return nil
    } catch let error as FileError {
      return "\(error)"
    }
  }

  /// Maps the tokens and reads how often each occurs.
  ///
  /// All ranks must call it.
  ///
  /// - Throws: `DataError.cacheNotShared` if a rank does not see the folder, or `FileError`.
  func stream(of index: CacheIndex, on world: any Communicator) throws -> TokenStream {
    try world.together("opening of the cache") {
      guard File.exists(indexPath) else {
        throw DataError.cacheNotShared(folder: folder, rank: world.rank)
      }
      let parts = try index.parts.map { part in
        TokenStream.Part.file(
          try TokenPart(folder + "/" + part.file, count: part.tokenCount, width: index.width))
      }
      let counts = try File.read(folder + "/" + index.counts.file)
      return TokenStream(parts, counts: TokenCounts.decoded(counts))
    }
  }

  /// Puts a finished folder in the entry's place, on rank 0 only.
  ///
  /// - Parameters:
  ///   - temporary: the finished folder, but for its index
  ///   - index: what is in it
  ///   - damagedIndex: the bytes of the index that is to be replaced; nil if there was no entry
  /// - Returns: the index of the entry that is there now: if another run has finished one meanwhile, that
  ///   stays, for its ranks may be about to open it
  /// - Throws: `FileError`; the old entry, if there is one, is then still there
  func commit(
    _ temporary: String, _ index: CacheIndex, replacing damagedIndex: [UInt8]?
  ) throws -> CacheIndex {
    let writer = try DurableWriter(creating: temporary + "/" + CacheIndex.fileName)
    try writer.write(index.serialized)
    try writer.commit()
    try Folder.synchronize(temporary)
    if let damagedIndex, indexBytes == damagedIndex {
      let old = temporary + ".old"
      try File.rename(folder, to: old)
      try? Folder.removeTree(old)
    }
    do {
      try File.rename(temporary, to: folder)
    } catch let error as FileError where Folder.exists(folder) {
      guard let bytes = indexBytes, let other = try? CacheIndex(bytes, file: indexPath) else {
        throw error
      }
      try? Folder.removeTree(temporary)
      return other
    }
    try Folder.synchronize(Folder.parent(of: folder))
    return index
  }

  /// The index as it lies there now; empty if only the folder is there, nil if not even that.
  private var indexBytes: [UInt8]? {
    Folder.exists(folder) ? (try? File.read(indexPath)) ?? [] : nil
  }
}
