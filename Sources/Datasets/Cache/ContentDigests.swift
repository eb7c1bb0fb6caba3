import Collectives
import Files
import Glibc

extension FileIdentity {
  /// A spelling of the identity on this machine.
  var text: String { "\(device) \(inode) \(byteCount) \(modified) \(touched)" }

  var bytes: [UInt8] { Array(text.utf8) }
}

/// Finds the SHA-256 digests of texts, reading each file on one rank only and, where the cache knows
/// it from an earlier start, on none.
struct ContentDigests {
  let cache: TokenCache

  /// The digests of texts in order, in hexadecimal digits.
  ///
  /// All ranks must call it.
  ///
  /// - Throws: `TextError` if a file cannot be read; `RanksDisagree` if ranks see different contents.
  func digests(of sources: [TextSource], on world: any Communicator) throws -> [String] {
    let names = sources.map { source in source.identity.map { "\(host) \($0.text)" } ?? "" }
    let known = try exchange(read(sources, names, on: world), on: world)
    let digests = try zip(sources, names).map { source, name in
      try known[name] ?? source.digest()
    }
    var values = [("number of text files", "\(sources.count)")]
    for (place, digest) in digests.enumerated() {
      values.append(
        (
          "text file \(place + 1)",
          "\(sources[place].byteCount) bytes, SHA-256 \(digest.prefix(16))"
        ))
    }
    try world.requireEqual(values, "comparison of texts")
    return digests
  }

  /// Reads the files that no lower rank sees, and returns their digests by name.
  private func read(
    _ sources: [TextSource], _ names: [String], on world: any Communicator
  ) throws -> [String: String] {
    let parts = try world.allgather(
      Array(names.joined(separator: "\n").utf8), "comparison of files")
    var seen: Set<String> = []
    var readers: [Int] = []
    var own: Set<String> = []
    for (rank, part) in parts.enumerated() {
      let unseen = Set(lines(part)).subtracting(seen)
      if !unseen.isEmpty { readers.append(rank) }
      if rank == world.rank { own = unseen }
      seen.formUnion(unseen)
    }
    return try world.onRanks(readers, "reading of the text") { heartbeat in
      var found: [String: String] = [:]
      for (source, name) in zip(sources, names) where own.contains(name) && found[name] == nil {
        found[name] = try digest(of: source, beat: heartbeat.beat)
      }
      return found
    } ?? [:]
  }

  /// Gives every rank the digests that others have found.
  private func exchange(
    _ found: [String: String], on world: any Communicator
  ) throws -> [String: String] {
    let told = found.map { "\($0.value) \($0.key)" }.sorted().joined(separator: "\n")
    let parts = try world.allgather(Array(told.utf8), "exchange of digests")
    return parts.flatMap(lines).reduce(into: [:]) { known, line in
      known[String(line.dropFirst(65))] = String(line.prefix(64))
    }
  }

  private func lines(_ part: [UInt8]) -> [String] {
    part.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }

  /// This machine's name: files of different machines are different files.
  private var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(displaying: name.lazy.map { UInt8(bitPattern: $0) }.prefix { $0 != 0 })
  }

  private func digest(of source: TextSource, beat: () throws -> Void) throws -> String {
    guard let identity = source.identity else { return try source.digest(beat: beat) }
    let remembered = RememberedDigests(cache: cache)
    if let known = remembered.digest(of: identity) { return known }
    let digest = try source.digest(beat: beat)
    try source.requireUnchanged()
    remembered.remember(digest, of: identity)
    return digest
  }
}
