import Files
import HTTP

/// Models by name: from the Hugging Face cache, or from a hub into that cache.
package enum Hub {
  /// Where a model's files are.
  package struct Snapshot: Equatable, Sendable {
    /// The folder that has them.
    package let folder: String
    /// The commit that they are of.
    package let commit: String
    /// Whether nothing had to be downloaded.
    package let wasCached: Bool
  }

  /// Whether a folder has all files that are needed.
  ///
  /// - Throws: What is wrong with an index of weights.
  package static func isComplete(_ folder: String, _ needs: HubNeeds) throws -> Bool {
    try HubFiles.missing(needs, in: folder) == nil
  }

  /// The folder that a cache keeps a model's commit in, whether it is there or not.
  package static func folder(of model: HubName, at commit: String, in cache: String) -> String {
    HubCache(root: cache, name: model).snapshot(commit)
  }

  /// Finds or downloads a model.
  ///
  /// What the cache has of a revision is taken as it is; the hub is asked only for what is missing, and
  /// then for one commit, so that no files of two states are mixed.
  ///
  /// - Parameters:
  ///   - model: The model's name.
  ///   - revision: A branch, a tag or a commit.
  ///   - needs: Which files must be there.
  ///   - settings: Where the hub and the cache are.
  ///   - asking: Called before the hub is asked for the first time, if it is at all.
  ///   - beat: Called often, to tell others that the work goes on.
  ///   - progress: Called when more of a file is here.
  /// - Returns: Where the files are.
  /// - Throws: `HubError`, `HTTPError`, `FileError`, or what is wrong with an index of weights.
  package static func snapshot(
    of model: HubName, at revision: HubRevision = .main, needs: HubNeeds = .all,
    settings: HubSettings, asking: () -> Void = {}, beat: @escaping () throws -> Void = {},
    progress: @escaping (HubProgress) -> Void = { _ in }
  ) throws -> Snapshot {
    let cache = HubCache(root: settings.cache, name: model)
    let known = try cache.commit(of: revision).flatMap {
      Folder.exists(cache.snapshot($0)) ? $0 : nil
    }
    var missing: String? = "everything"
    if let known {
      missing = try HubFiles.missing(needs, in: cache.snapshot(known))
      if missing == nil {
        return Snapshot(folder: cache.snapshot(known), commit: known, wasCached: true)
      }
    }
    if let missing, let variable = settings.offlineVariable {
      throw HubError.offline(
        model: model.text, revision: revision.text, missing: missing, variable: variable,
        cache: settings.cache)
    }
    asking()
    let client = HubClient(settings, model, beat: beat)
    let listing: HubClient.Listing
    do {
      listing = try client.listing(of: known.flatMap(HubRevision.init) ?? revision)
    } catch let error as HTTPError where error.isTransient {
      throw HubError.unreachable(model: model.text, reason: "\(error)")
    }
    func download(_ file: String) throws {
      try HubDownload(
        client: client, cache: cache, commit: listing.commit, file: file, progress: progress
      ).run()
    }
    for file in try HubFiles.names(for: needs, in: listing.files, of: model) { try download(file) }
    let folder = cache.snapshot(listing.commit)
    if needs.contains(.weights), !listing.files.contains(HubFiles.weights) {
      let index = "\(folder)/\(HubFiles.weightsIndex)"
      for shard in try SafeTensorsShards.files(ofIndex: index) {
        guard listing.files.contains(shard) else {
          throw HubError.missingFile(model: model.text, file: shard)
        }
        try download(shard)
      }
    }
    try cache.remember(listing.commit, as: revision)
    return Snapshot(folder: folder, commit: listing.commit, wasCached: false)
  }
}
