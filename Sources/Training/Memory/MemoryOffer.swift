internal import Files

/// The memory that a machine still has for this process and its neighbours.
package struct MemoryOffer: Sendable, Equatable {
  /// How much there is, in bytes.
  package let byteCount: Int
  /// Who offers it, for messages.
  package let source: String

  /// An offer of that many bytes.
  package init(byteCount: Int, source: String) {
    self.byteCount = byteCount
    self.source = source
  }

  /// The smallest offer of the system and of the control groups that this process is in.
  ///
  /// - Parameter read: gives the text of a file, or nil.
  /// - Returns: nil where nothing is known.
  package static func smallest(
    reading read: (_ path: String) -> String? = Self.text
  ) -> MemoryOffer? {
    ([system(read)].compactMap { $0 } + controlGroups(read)).min { $0.byteCount < $1.byteCount }
  }

  /// The text of a file.
  package static func text(_ path: String) -> String? {
    (try? File.read(path)).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func system(_ read: (String) -> String?) -> MemoryOffer? {
    guard let kilobytes = number("MemAvailable:", in: read("/proc/meminfo")) else { return nil }
    return MemoryOffer(byteCount: kilobytes * 1_024, source: "free memory of the machine")
  }

  /// What is left in each group on the way from this process's to the root.
  private static func controlGroups(_ read: (String) -> String?) -> [MemoryOffer] {
    var offers: [MemoryOffer] = []
    for line in read("/proc/self/cgroup")?.split(separator: "\n") ?? [] {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let files: Files
      if fields[1].isEmpty {
        files = .second
      } else if fields[1].split(separator: ",").contains("memory") {
        files = .first
      } else {
        continue
      }
      var names = fields[2].split(separator: "/")
      while true {
        let folder = ([files.root] + names.map(String.init)).joined(separator: "/")
        if let offer = files.offer(of: folder, read) { offers.append(offer) }
        if names.isEmpty { break }
        names.removeLast()
      }
    }
    return offers
  }

  /// How a version of control groups names its files.
  private struct Files {
    let root: String
    let limit: String
    let usage: String
    let cached: [String]

    static let first = Files(
      root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes",
      usage: "memory.usage_in_bytes", cached: ["total_inactive_file", "total_active_file"])
    static let second = Files(
      root: "/sys/fs/cgroup", limit: "memory.max", usage: "memory.current",
      cached: ["inactive_file", "active_file"])

    /// The limit less what is used and cannot be dropped.
    func offer(of folder: String, _ read: (String) -> String?) -> MemoryOffer? {
      guard let limit = MemoryOffer.number("", in: read(folder + "/" + limit)), limit < 1 << 60
      else { return nil }
      let used = MemoryOffer.number("", in: read(folder + "/" + usage)) ?? 0
      let statistics = read(folder + "/memory.stat")
      let cached = cached.reduce(0) { $0 + (MemoryOffer.number($1, in: statistics) ?? 0) }
      return MemoryOffer(
        byteCount: max(0, limit - max(0, used - cached)), source: "control group's memory limit")
    }
  }

  /// The number behind a word at the beginning of a line.
  private static func number(_ key: String, in text: String?) -> Int? {
    for line in text?.split(separator: "\n") ?? [] {
      let words = line.split(separator: " ")
      guard key.isEmpty || words.first == key[...] else { continue }
      return words.dropFirst(key.isEmpty ? 0 : 1).first.flatMap { Int($0) }
    }
    return nil
  }
}
