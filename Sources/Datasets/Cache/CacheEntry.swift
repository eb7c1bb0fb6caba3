import Collectives
import Files

/// The tokens of one content in the cache: a folder of parts and an index.
struct CacheEntry {
  let key: String
  let folder: String

  private var indexPath: String { folder + "/" + CacheIndex.fileName }

  /// What looking for the entry found.
  enum Finding: Equatable {
    case nothing
    case index(CacheIndex)
    case damage(String)
  }

  /// Looks whether the entry is there and whole; the ranks check its files in turn.
  ///
  /// All ranks must call it.
  ///
  /// - Throws: what collectives throw.
  func find(on world: any Communicator) throws -> Finding {
    var bytes: [UInt8]?
    if world.isRoot { bytes = (try? File.read(indexPath)) ?? [] }
    let found = try world.broadcast(bytes, from: 0, "look into the cache")
    if found.isEmpty { return .nothing }
    let index: CacheIndex
    do {
      index = try CacheIndex(found, file: indexPath)
    } catch {
      return .damage("\(error)")
    }
    guard index.key == key else { return .damage("\(indexPath): the key is another") }
    let own = index.files.indices.filter { $0 % world.worldSize == world.rank }
    let damage = own.lazy.compactMap { self.damage(of: index.files[$0]) }.first ?? ""
    let damages = try world.allgather(Array(damage.utf8), "check of the cache")
    if let first = damages.first(where: { !$0.isEmpty }) {
      return .damage(String(decoding: first, as: UTF8.self))
    }
    return .index(index)
  }

  private func damage(of part: CacheIndex.Part) -> String? {
    let path = folder + "/" + part.file
    do {
      let byteCount = try File.size(of: path)
      guard byteCount == UInt64(part.byteCount) else {
        return "\(path): \(byteCount) bytes instead of \(part.byteCount)"
      }
      let digest = try SHA256.digest(ofFile: path).hex
      return digest == part.sha256 ? nil : "\(path): the checksum is wrong"
    } catch {
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
  /// - Throws: `FileError`; the old entry, if there is one, is then still there.
  func commit(_ temporary: String, _ index: CacheIndex) throws {
    let writer = try DurableWriter(creating: temporary + "/" + CacheIndex.fileName)
    try writer.write(index.serialized)
    try writer.commit()
    try Folder.synchronize(temporary)
    if Folder.exists(folder) {
      // A damaged entry, or one that another run has finished meanwhile: both may be replaced, for who
      // has mapped its files keeps them.
      let old = temporary + ".old"
      try File.rename(folder, to: old)
      try File.rename(temporary, to: folder)
      try? Folder.removeTree(old)
    } else {
      try File.rename(temporary, to: folder)
    }
    try Folder.synchronize(Folder.parent(of: folder))
  }
}
