internal import Glibc
internal import Synchronization

/// A run of floats in memory that is recycled when nobody holds it any more.
///
/// Steps of a run need the same sizes again and again, so memory that is given back is kept for the
/// next step instead of being returned to the system and faulted in again. A storage lives as long as
/// somebody mentions it, and its pointer is no mention: `extendLifetime` after the last use of scratch
/// memory, or another thread may be given it while a kernel still works there.
package final class Storage {
  /// The first element.
  package internal(set) var pointer: UnsafeMutablePointer<Float>
  /// How many elements there are.
  package let count: Int
  private let sizeClass: Int?

  /// Memory for `count` floats, not cleared.
  ///
  /// - Parameters:
  ///   - count: How many elements there are.
  ///   - capacity: How many may be written, if more.
  package init(count: Int, capacity: Int = 0) {
    let sizeClass = StoragePool.sizeClass(count: max(count, capacity))
    pointer = StoragePool.shared.take(sizeClass)
    self.count = count
    self.sizeClass = sizeClass
  }

  /// Memory that somebody else owns and keeps alive.
  init(borrowing pointer: UnsafeMutablePointer<Float>, count: Int) {
    self.pointer = pointer
    self.count = count
    sizeClass = nil
  }

  deinit {
    if let sizeClass { StoragePool.shared.put(pointer, sizeClass) }
  }

  /// Sets every element to 0.
  package func clear() {
    memset(pointer, 0, count * MemoryLayout<Float>.size)
  }
}

/// Free memory by size class.
///
/// Classes lie a quarter of a power of two apart: at most a fifth of a block is slack, and sizes
/// that vary a little from step to step, as the number of masked tokens does, find a block again.
private final class StoragePool: Sendable {
  static let shared = StoragePool()

  private let free = Mutex<[Int: [UInt]]>([:])

  /// The bytes of the smallest class that holds `count` floats.
  static func sizeClass(count: Int) -> Int {
    let bytes = max(count, 1) * MemoryLayout<Float>.size
    guard bytes > 1_024 else { return 1_024 }
    let power = 1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount)
    let step = power / 4
    return (bytes + step - 1) / step * step
  }

  func take(_ sizeClass: Int) -> UnsafeMutablePointer<Float> {
    let recycled = free.withLock { $0[sizeClass]?.popLast() }
    if let recycled, let pointer = UnsafeMutablePointer<Float>(bitPattern: recycled) {
      return pointer
    }
    let isLarge = sizeClass >= HugePages.size
    var raw: UnsafeMutableRawPointer?
    let code = posix_memalign(&raw, isLarge ? HugePages.size : 64, sizeClass)
    guard code == 0, let raw else {
      // Swift's own allocations end the process here as well; there is nothing to unwind to.
      let message = "error: memory: \(sizeClass) bytes refused: use a smaller --micro-batch-size\n"
      _ = message.withCString { write(2, $0, strlen($0)) }
      exit(71)
    }
    if isLarge { HugePages.advise(raw, byteCount: sizeClass) }
    return raw.assumingMemoryBound(to: Float.self)
  }

  func put(_ pointer: UnsafeMutablePointer<Float>, _ sizeClass: Int) {
    free.withLock { $0[sizeClass, default: []].append(UInt(bitPattern: pointer)) }
  }
}

/// Two-megabyte pages: ten times fewer page faults and fewer translations to look up.
enum HugePages {
  static let size = 2 << 20

  static func advise(_ pointer: UnsafeMutableRawPointer, byteCount: Int) {
    madvise(pointer, byteCount, 14)  // MADV_HUGEPAGE
  }
}
