import Files
import Glibc

/// The SHA-256 digests of files that an earlier start has read, kept in the cache.
///
/// A digest counts as long as device, inode, size and both times of change of its file are those that
/// it was kept for.
struct RememberedDigests {
  let cache: TokenCache

  /// A file that was written to so shortly before it was read may be written to again within one tick
  /// of the file system's clock, and look the same: its digest is not kept.
  private static let settlingSeconds: Int64 = 2

  /// Below this size, in bytes, reading a file again is as quick as remembering it.
  private static let smallFile: UInt64 = 1 << 20

  /// Returns the digest of a file in hexadecimal digits; nil if it has to be read.
  func digest(of identity: FileIdentity) -> String? {
    guard let path = cache.digestPath(of: identity),
      let known = try? File.read(path, limit: 64), known.count == 64
    else { return nil }
    return String(decoding: known, as: UTF8.self)
  }

  /// Keeps the digest of a file that was read.
  ///
  /// - Parameters:
  ///   - digest: in hexadecimal digits
  ///   - identity: what the file was before it was read
  func remember(_ digest: String, of identity: FileIdentity) {
    let changed = max(identity.modified, identity.touched) / 1_000_000_000
    if Int64(time(nil)) - changed > Self.settlingSeconds { keep(digest, of: identity) }
  }

  /// Keeps the digest of a file that nobody writes to but this run, which has just finished it.
  ///
  /// It waits for a tick of the file system's clock: whatever happens to the file later shows.
  func remember(_ digest: String, ofFinished identity: FileIdentity) {
    guard identity.byteCount >= Self.smallFile else { return }
    usleep(20_000)
    keep(digest, of: identity)
  }

  /// Keeps a digest; that this may fail is no reason not to train.
  private func keep(_ digest: String, of identity: FileIdentity) {
    guard let path = cache.digestPath(of: identity) else { return }
    let temporary = path + ".tmp-\(getpid())"
    try? Folder.create(Folder.parent(of: path), withParents: true)
    try? File.write(Array(digest.utf8), to: temporary)
    try? File.rename(temporary, to: path)
  }
}
