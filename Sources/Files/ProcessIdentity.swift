import Glibc

/// Which process this is, said so that another machine understands it.
package struct ProcessIdentity: Equatable, Sendable, CustomStringConvertible {
  /// The machine's host name.
  package let host: String
  /// What the system calls this start of itself; process numbers begin anew with each.
  package let bootID: String
  /// The process's number.
  package let processID: Int
  /// When this was asked, in UTC.
  package let time: String

  /// This process, now.
  package static var current: ProcessIdentity {
    let host = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
      guard let start = name.baseAddress, gethostname(start, name.count - 1) == 0 else { return "" }
      name[name.count - 1] = 0
      return String(cString: start)
    }
    let bootID = (try? File.read("/proc/sys/kernel/random/boot_id")) ?? []
    return ProcessIdentity(
      host: host, bootID: String(decoding: bootID.prefix { $0 > 0x20 }, as: UTF8.self),
      processID: Int(getpid()), time: currentTime())
  }

  private init(host: String, bootID: String, processID: Int, time: String) {
    (self.host, self.bootID, self.processID, self.time) = (host, bootID, processID, time)
  }

  /// Reads what `json` spelled; nil if it did not.
  package init?(_ json: JSON) {
    guard let host = json["host"]?.text, let bootID = json["boot_id"]?.text,
      let processID = json["pid"]?.int, let time = json["since"]?.text
    else { return nil }
    self.init(host: host, bootID: bootID, processID: processID, time: time)
  }

  /// The identity as JSON.
  package var json: JSON {
    [
      "host": JSON(host), "pid": JSON(processID), "boot_id": JSON(bootID), "since": JSON(time),
    ]
  }

  /// Whether the process may still run: false only if it is known not to.
  package var mayBeAlive: Bool {
    let current = Self.current
    guard host == current.host else { return true }
    guard bootID == current.bootID, let number = pid_t(exactly: processID) else { return false }
    return kill(number, 0) == 0 || errno == EPERM
  }

  package var description: String {
    "process \(processID) on \(String(displaying: host.utf8)) since \(String(displaying: time.utf8))"
  }

  private static func currentTime() -> String {
    var seconds = Glibc.time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      guard let start = text.baseAddress,
        strftime(start, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0
      else { return "" }
      return String(cString: start)
    }
  }
}
