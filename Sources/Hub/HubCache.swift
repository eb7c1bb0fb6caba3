import Files

/// One model's place in the Hugging Face cache, laid out as Python's huggingface_hub lays it out:
/// `blobs/` has every file once under the digest of its bytes, `snapshots/COMMIT/` leads to those of a
/// commit by their names, and `refs/REVISION` says which commit a branch or tag was.
struct HubCache {
  /// The folder of the whole cache.
  let root: String
  /// The model.
  let name: HubName

  /// The model's folder.
  var folder: String { "\(root)/\(name.folderName)" }

  /// The folder of a commit's files.
  func snapshot(_ commit: String) -> String { "\(folder)/snapshots/\(commit)" }

  /// Where a file with such a digest lies.
  func blob(_ tag: String) -> String { "\(folder)/blobs/\(tag)" }

  /// What is locked while such a file is being downloaded.
  func lock(_ tag: String) -> String { "\(root)/.locks/\(name.folderName)/\(tag).lock" }

  /// Makes sure that a file with such a digest can be written and locked.
  ///
  /// - Throws: `FileError`.
  func makeRoom() throws {
    try makeFolder("blobs")
    try Folder.create(".locks/\(name.folderName)", beneath: root)
  }

  private func makeFolder(_ path: String) throws {
    try Folder.create("\(name.folderName)/\(path)", beneath: root)
  }

  private func reference(_ revision: HubRevision) -> String { "\(folder)/refs/\(revision)" }

  /// The commit that a revision was when it was downloaded, nil if it never was.
  ///
  /// - Throws: `FileError`, or `HubError.answer` if the cache is damaged.
  func commit(of revision: HubRevision) throws -> String? {
    if revision.isCommit { return Folder.exists(snapshot(revision.text)) ? revision.text : nil }
    let path = reference(revision)
    guard File.exists(path) else { return nil }
    let bytes = try File.read(path, limit: 1 << 10)
    let text = String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    guard HubRevision.isDigest(text, count: 40) else {
      throw HubError.answer(address: path, problem: "expected a commit of 40 hexadecimal digits")
    }
    return text
  }

  /// Remembers which commit a revision is.
  ///
  /// - Throws: `FileError`.
  func remember(_ commit: String, as revision: HubRevision) throws {
    let path = reference(revision)
    guard !revision.isCommit, try self.commit(of: revision) != commit else { return }
    let parents = revision.text.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    try makeFolder("refs" + parents)
    try File.replaceDurably(path, with: Array(commit.utf8))
  }

  /// Whether a file with such a digest is here.
  ///
  /// - Throws: `FileError`.
  func has(_ tag: String, byteCount: UInt64) throws -> Bool {
    try File.kind(of: blob(tag)) == .regularFile(byteCount: byteCount)
  }

  /// Gives a file with checked and durable bytes its place.
  ///
  /// - Throws: `FileError`.
  func keep(_ path: String, as tag: String) throws {
    try File.rename(path, to: blob(tag))
    try Folder.synchronize(Folder.parent(of: blob(tag)))
  }

  /// Makes sure that the disk has room.
  ///
  /// - Throws: `HubError.noRoom`, or `FileError`.
  func requireRoom(byteCount: UInt64) throws {
    let free = try Folder.freeBytes("\(folder)/blobs")
    if byteCount > free { throw HubError.noRoom(folder: root, needed: byteCount, free: free) }
  }

  /// Makes a blob appear under its name in a commit's folder.
  ///
  /// - Throws: `FileError`.
  func show(_ tag: String, as file: String, in commit: String) throws {
    let path = "\(snapshot(commit))/\(file)"
    try makeFolder("snapshots/\(commit)")
    do {
      try File.makeSymbolicLink(path, to: "../../blobs/\(tag)")
    } catch let error as FileError where error.number != nil && !error.isDiskFull {
      // Some file systems have no symbolic links.
      if File.exists(path) { try File.remove(path) }
      try File.linkOrCopy(blob(tag), to: path)
    }
  }
}
