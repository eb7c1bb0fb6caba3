internal import Files
internal import Glibc

/// What the system says about this process's memory, in bytes.
package enum ProcessMemory {
  /// The most that it has held.
  package static var peakBytes: Int {
    var usage = rusage()
    unsafe getrusage(.init(0), &usage)
    return usage.ru_maxrss * 1_024
  }

  /// What it holds, shared pages and code included.
  package static var residentBytes: Int { pages(1) }

  /// The addresses that it has mapped.
  package static var addressBytes: Int { pages(0) }

  /// The addresses that it may map, as `ulimit -v` sets them; nil for any number.
  package static var addressLimit: Int? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur < UInt(Int.max)
    else { return nil }
    return Int(limit.rlim_cur)
  }

  /// A number of /proc/self/statm, which counts in pages.
  private static func pages(_ index: Int) -> Int {
    let words = ((try? File.read("/proc/self/statm")) ?? []).split(separator: UInt8(ascii: " "))
    guard index < words.count, let count = Int(String(decoding: words[index], as: UTF8.self)) else {
      return 0
    }
    return count * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
