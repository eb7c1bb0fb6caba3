import Files
import Glibc

/// How long this process has run.
enum ProcessAge {
  /// The time since the process began, in seconds, to a hundredth: the system's own count.
  static var seconds: Double {
    guard let status = try? File.read("/proc/self/stat"),
      let uptime = try? File.read("/proc/uptime")
    else { return .nan }
    // The process's name may hold spaces; the fields that follow its closing parenthesis do not.
    let fields = status[(status.lastIndex(of: UInt8(ascii: ")")) ?? 0)...].split(separator: 32)
    func number(_ text: ArraySlice<UInt8>) -> Double? {
      Double(String(decoding: text, as: UTF8.self))
    }
    guard fields.count > 20, let now = uptime.split(separator: 32).first.flatMap(number),
      let ticks = number(fields[20])
    else { return .nan }
    return now - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
