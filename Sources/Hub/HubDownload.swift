import Files
import Glibc

/// The download of one file into the cache: what arrived is kept and gone on from, and nothing gets its
/// name there before its bytes have the digest that the hub announced.
struct HubDownload {
  let client: HubClient
  let cache: HubCache
  let commit: String
  let file: String
  let progress: (HubProgress) -> Void

  private static let headwayBytes: UInt64 = 1 << 20
  private static let pollMicroseconds: UInt32 = 100_000

  /// Makes the file be in the commit's folder.
  ///
  /// - Throws: `HubError`, `HTTPError` or `FileError`.
  func run() throws {
    let information = try client.information(on: file, at: commit)
    if let limit = HubFiles.limit(of: file), information.byteCount > limit {
      throw HubError.tooLarge(file: shown, byteCount: information.byteCount, limit: limit)
    }
    let blob = cache.blob(information.tag)
    try cache.makeRoom()
    let lock = try lock(cache.lock(information.tag))
    try withExtendedLifetime(lock) {
      if try !cache.has(information.tag, byteCount: information.byteCount) {
        try fetch(information, to: blob)
      }
      try cache.show(information.tag, as: file, in: commit)
    }
  }

  /// The file's name for messages.
  private var shown: String { "\(cache.name)/\(file)" }

  /// Waits while another process downloads the same file.
  private func lock(_ path: String) throws -> FileLock {
    var isFirst = true
    while true {
      if let lock = try FileLock.acquire(path) { return lock }
      if isFirst { progress(HubProgress(file: file, done: 0, total: nil)) }
      isFirst = false
      try client.beat()
      usleep(Self.pollMicroseconds)
    }
  }

  private func fetch(_ information: HubClient.FileInformation, to blob: String) throws {
    let path = blob + ".incomplete"
    let there = (try? File.size(of: path)) ?? 0
    try cache.requireRoom(
      byteCount: information.byteCount - min(there, information.byteCount))
    do {
      try gather(information, in: path)
    } catch HubError.damaged {
      // Perhaps an earlier attempt has left the wrong bytes; they are gone now.
      try gather(information, in: path)
    }
    try cache.keep(path, as: information.tag)
  }

  private func gather(_ information: HubClient.FileInformation, in path: String) throws {
    var counted: UInt64 = 0
    try client.repeating {
      let arrival = try HubArrival(
        path, expected: information, shown: shown, beat: client.beat)
      counted = arrival.byteCount
      if !arrival.isComplete { try receive(arrival, of: information.byteCount) }
      try arrival.finish()
    } hasProgressed: {
      // Who makes headway may be interrupted as often as it takes.
      ((try? File.size(of: path)) ?? 0) >= counted + Self.headwayBytes
    }
  }

  private func receive(_ arrival: HubArrival, of total: UInt64) throws {
    var isFirst = true
    let start = arrival.byteCount
    do {
      try client.bytes(of: file, at: commit, from: start) { isWhole, bytes in
        if isFirst, isWhole, start > 0 { try arrival.discard() }
        isFirst = false
        try arrival.take(bytes)
        progress(HubProgress(file: file, done: arrival.byteCount, total: total))
        try client.beat()
      }
    } catch HubError.status(416, _) where start > 0 {
      try arrival.discard()
      throw HubError.size(file: shown, expected: total, found: 0)
    }
  }
}
