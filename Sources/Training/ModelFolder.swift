import Collectives
import Files
import Hub

/// A folder with the files of a model that the user named, by its path or by its name on a hub.
struct ModelFolder {
  /// The folder, which may be another one on each machine.
  let path: String
  /// `organization/model@commit` for what came from a hub; nil for a folder of the user's own.
  let origin: String?

  /// Finds a model; what is missing in the cache is downloaded by rank 0 while the others wait, and
  /// copied to machines that do not see that cache.
  ///
  /// All ranks must call it with the same arguments.
  ///
  /// - Parameters:
  ///   - name: A path, or a name on a hub.
  ///   - revision: A branch, a tag or a commit on the hub; nil for `main`.
  ///   - needs: Which files must be there.
  ///   - world: The ranks.
  ///   - console: Where to tell about it; only rank 0's is used.
  /// - Returns: The folder; nil if the name is neither that of a folder nor one that a hub may have.
  /// - Throws: `HubError`, `HTTPError`, `FileError`, or what is wrong with the model's files, on every
  ///   rank.
  static func locate(
    _ name: String, revision: String?, needs: HubNeeds, on world: any Communicator,
    console: Console
  ) throws -> ModelFolder? {
    world.phase = "search for \(String(displaying: name.utf8))"
    let found = try world.onRoot("download of a model") { heartbeat in
      try find(name, revision: revision, needs: needs, console: console, beat: heartbeat.beat)
    }
    let lines = found.map { [$0?.path ?? "", $0?.origin ?? ""].joined(separator: "\0") }
    let bytes = try world.broadcast(lines.map { Array($0.utf8) }, from: 0)
    let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    let path = parts[0]
    if let model = HubName(name), let commit = parts[1].split(separator: "@").last {
      let wanted = revision.flatMap(HubRevision.init) ?? .main
      let copies = ModelCopies(
        model: model, commit: String(commit), revision: wanted, needs: needs, world: world,
        console: console)
      return ModelFolder(path: try copies.folder(orRoots: path), origin: parts[1])
    }
    try world.together("look at the model's folder") {
      guard Folder.exists(path) else {
        throw ModelFolderError.notSharedByAllMachines(
          path: path, host: ProcessIdentity.current.host)
      }
    }
    return ModelFolder(path: path, origin: nil)
  }

  private static func find(
    _ name: String, revision: String?, needs: HubNeeds, console: Console,
    beat: @escaping () throws -> Void
  ) throws -> ModelFolder? {
    if let kind = try File.kind(of: name) {
      if revision != nil { throw ModelFolderError.revisionOfAPath(name) }
      if kind == .folder { return ModelFolder(path: name, origin: nil) }
      if ForeignWeightsError.isPickle(name) {
        throw ForeignWeightsError(file: name, model: Folder.parent(of: name))
      }
      return nil
    }
    guard let model = HubName(name), model.isTelling else {
      if revision != nil { throw ModelFolderError.revisionOfAPath(name) }
      return nil
    }
    guard let wanted = revision.map(HubRevision.init) ?? .main else {
      throw HubError.revision(revision ?? "")
    }
    let settings = try HubSettings()
    let start = ContinuousClock.now
    var downloads: [String: UInt64] = [:]
    let snapshot = try Hub.snapshot(of: model, at: wanted, needs: needs, settings: settings) {
      for note in settings.notes { console.show("note: " + note) }
      console.show("\(model): downloading from \(settings.hub) to \(settings.cache)")
    } beat: {
      try beat()
    } progress: { progress in
      if progress.total != nil { downloads[progress.file] = progress.done }
      console.showLive(Self.line(progress))
    }
    console.clearLive()
    let origin = "\(model)@\(snapshot.commit)"
    let bytes = downloads.values.reduce(0, +)
    console.show(
      snapshot.wasCached
        ? "\(model): commit \(snapshot.commit.prefix(7)), cached in \(settings.cache)"
        : "\(model): commit \(snapshot.commit.prefix(7)), "
          + "\(NumberText.megabytes(Int(clamping: bytes))) downloaded in "
          + NumberText.brief(start.duration(to: .now).inSeconds))
    return ModelFolder(path: snapshot.folder, origin: origin)
  }

  private static func line(_ progress: HubProgress) -> String {
    guard let total = progress.total else {
      return "\(progress.file): waiting for another process that downloads it"
    }
    let share = total == 0 ? 100 : Double(progress.done) / Double(total) * 100
    return "\(progress.file): \(NumberText.megabytes(Int(clamping: progress.done))) of "
      + "\(NumberText.megabytes(Int(clamping: total))), \(NumberText.fixed(share, 0)) %"
  }
}
