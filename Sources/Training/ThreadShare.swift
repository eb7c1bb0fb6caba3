package import Collectives
import Files
import Glibc
import Kernels

/// A rank's share of its machine's cores.
package enum ThreadShare {
  /// Sets the number of threads of this rank; all ranks must call it.
  ///
  /// - Parameters:
  ///   - count: the number; nil shares the cores equally among the ranks of a machine that may run on
  ///     the same ones.
  ///   - world: the ranks.
  /// - Returns: the number of threads.
  /// - Throws: `CollectiveError`.
  @discardableResult
  package static func configure(_ count: Int?, on world: any Communicator) throws -> Int {
    let cores = ownCores()
    // Ranks that mpirun has bound have cores of their own, others have all of them together.
    let own = hostName() + [0] + cores
    let sharerCount = try world.allgather(own, "sharing of the cores").count { $0 == own }
    let coreCount = max(1, Self.count(of: cores))
    let threadCount = count ?? max(1, coreCount / sharerCount)
    ThreadPool.shared.configure(
      threadCount: threadCount, spins: threadCount * sharerCount <= coreCount)
    return threadCount
  }

  /// The number of cores in a set as the system writes it: hexadecimal digits in groups.
  package static func count(of cores: [UInt8]) -> Int {
    cores.reduce(0) { sum, digit in
      sum + (Int(String(decoding: [digit], as: UTF8.self), radix: 16)?.nonzeroBitCount ?? 0)
    }
  }

  /// The set of cores on which the system lets this process run.
  private static func ownCores() -> [UInt8] {
    let key = Array("Cpus_allowed:".utf8)
    let lines = (try? File.read("/proc/self/status"))?.split(separator: 0x0A) ?? []
    guard let line = lines.first(where: { $0.starts(with: key) }) else {
      let count = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
      return [UInt8](repeating: UInt8(ascii: "1"), count: count)
    }
    return line.dropFirst(key.count).filter { $0 > UInt8(ascii: " ") }
  }

  private static func hostName() -> [UInt8] {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return [] }
    return name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
  }
}
