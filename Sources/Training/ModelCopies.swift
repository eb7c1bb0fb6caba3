import Collectives
import Diagnostics
import Files
import Hub

/// Gives every machine a model of the hub that rank 0 has in its cache.
///
/// Rank 0 alone asks the hub. Machines that see its cache use that one; those that do not, and have not
/// all of it in their own, get the files from rank 0, so that they need neither the network nor a token.
struct ModelCopies {
  let model: HubName
  let commit: String
  let revision: HubRevision
  let needs: HubNeeds
  let world: any Communicator
  let console: Console

  private static let pieceBytes = 8 << 20
  private static let operation = "copying of a model to other machines"

  /// Finds the folder that this rank can use, and makes it where there is none.
  ///
  /// All ranks must call it.
  ///
  /// - Parameter path: Rank 0's folder.
  /// - Returns: This rank's.
  /// - Throws: `ModelFolderError`, or what is wrong with the files, on every rank.
  func folder(orRoots path: String) throws -> String {
    let seesIt = try world.together("look at the model's folder") {
      try Hub.isComplete(path, needs)
    }
    guard try world.allgather([seesIt ? 1 : 0]).contains([0]) else { return path }
    let root = try here("look for a cache") { seesIt ? nil : try HubSettings.cacheFolder() }
    let folder = root.map { Hub.folder(of: model, at: commit, in: $0) } ?? path
    // Whoever does not see the copy although it has the same name of a machine takes one in the next
    // round.
    for _ in 0..<world.worldSize {
      let takers = try takers(lacking: folder, root: root)
      if takers.isEmpty { break }
      try copy(from: path, into: takers.contains(world.rank) ? root : nil, takers)
    }
    return folder
  }

  /// The ranks that lack files, of those on one machine with one cache only the first.
  private func takers(lacking folder: String, root: String?) throws -> [Int] {
    let isHere = try here("look at the model's folder") { try Hub.isComplete(folder, needs) }
    let machine = "\(ProcessIdentity.current.host)\0\(root ?? "")"
    let lacking = try world.allgather(isHere ? [] : Array(machine.utf8))
    return lacking.indices.filter { rank in
      !lacking[rank].isEmpty && lacking.firstIndex(of: lacking[rank]) == rank
    }
  }

  private func copy(from path: String, into root: String?, _ takers: [Int]) throws {
    let listed = try world.onRoot(Self.operation) { heartbeat in
      HubItem.encoded(try HubItem.list(needs, in: path, beat: heartbeat.beat))
    }
    let items = HubItem.decoded(try world.broadcast(listed, from: 0, Self.operation))
    let total = items.reduce(0) { $0 + $1.byteCount }
    if world.isRoot {
      console.show(
        "\(model): \(describe(ranks: takers)) cannot see \(path): copying "
          + NumberText.megabytes(Int(clamping: total)))
    }
    let copy = try here(Self.operation) {
      try root.map { try HubCopy(items, of: model, at: commit, into: $0) }
    }
    var done: UInt64 = 0
    for item in items {
      let input = try here(Self.operation) {
        try copy?.begin(item)
        return world.isRoot ? try InputFile("\(path)/\(item.name)") : nil
      }
      var offset: UInt64 = 0
      while offset < item.byteCount {
        let read = try here(Self.operation) { try input.map { try piece(of: $0, at: offset) } }
        let bytes = try world.broadcast(read, from: 0, Self.operation)
        try here(Self.operation) { try copy?.take(bytes) }
        offset += UInt64(bytes.count)
        done += UInt64(bytes.count)
        if world.isRoot {
          console.showLive("\(model): \(NumberText.fixed(Double(done * 100 / total), 0)) % copied")
        }
      }
      try here(Self.operation) { try copy?.finish() }
    }
    if world.isRoot { console.clearLive() }
    try here(Self.operation) { try copy?.remember(as: revision) }
  }

  private func piece(of input: InputFile, at offset: UInt64) throws -> [UInt8] {
    let bytes = try input.read(upTo: Self.pieceBytes, at: offset)
    guard !bytes.isEmpty else {
      throw FileError.endsEarly(path: input.path, byteCount: offset, expected: input.byteCount)
    }
    return bytes
  }

  /// Does something on every rank; an error says on which machine it happened and what would help.
  @discardableResult
  private func here<Result>(_ operation: String, _ body: () throws -> Result) throws -> Result {
    try world.together(operation) {
      do {
        return try body()
      } catch let error as any Diagnostic where !world.isRoot && !(error is ModelFolderError) {
        throw ModelFolderError.noCopy(
          model: model.text, host: ProcessIdentity.current.host, reason: "\(error)",
          exitCode: error.exitCode)
      }
    }
  }
}
