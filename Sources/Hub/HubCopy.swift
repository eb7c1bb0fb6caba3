import Files

/// Takes a model's files from another cache into this process's, for machines on which nobody asks the
/// hub; nothing gets its name before its bytes have the digest that the other cache has them under.
package final class HubCopy {
  private let cache: HubCache
  private let commit: String
  private var item: HubItem?
  private var arrival: HubArrival?
  private var path: String?

  /// Prepares the cache.
  ///
  /// - Parameters:
  ///   - items: What will come.
  ///   - model: The model.
  ///   - commit: Its state.
  ///   - root: The folder of the whole cache.
  /// - Throws: `FileError`, or `HubError.noRoom`.
  package init(_ items: [HubItem], of model: HubName, at commit: String, into root: String) throws {
    cache = HubCache(root: root, name: model)
    self.commit = commit
    try cache.makeRoom()
    let missing = try items.filter { try !cache.has($0.tag, byteCount: $0.byteCount) }
    try cache.requireRoom(byteCount: missing.reduce(0) { $0 + $1.byteCount })
  }

  deinit {
    if let path { try? File.remove(path) }
  }

  /// Begins to take a file.
  ///
  /// - Throws: `FileError`.
  package func begin(_ item: HubItem) throws {
    self.item = item
    guard try !cache.has(item.tag, byteCount: item.byteCount) else { return }
    // A name of its own: who takes the same file at the same time is no hindrance.
    let path = cache.blob(item.tag) + File.temporaryName(for: "copy", prefix: ".") + ".incomplete"
    self.path = path
    arrival = try HubArrival(
      path, expected: .init(tag: item.tag, byteCount: item.byteCount),
      shown: "\(cache.name)/\(item.name)", beat: {})
  }

  /// Takes the next bytes of the file.
  ///
  /// - Throws: `FileError`, or `HubError.size` if they are too many.
  package func take(_ bytes: [UInt8]) throws { try arrival?.take(bytes) }

  /// Gives the file its name.
  ///
  /// - Precondition: One was begun.
  /// - Throws: `FileError`, or `HubError` if its bytes are not the right ones.
  package func finish() throws {
    guard let item else { preconditionFailure("no file was begun") }
    if let arrival, let path {
      try arrival.finish()
      try cache.keep(path, as: item.tag)
    }
    (self.item, arrival, path) = (nil, nil, nil)
    try cache.show(item.tag, as: item.name, in: commit)
  }

  /// Remembers which commit the revision is, once all files are here.
  ///
  /// - Throws: `FileError`.
  package func remember(as revision: HubRevision) throws {
    try cache.remember(commit, as: revision)
  }
}
