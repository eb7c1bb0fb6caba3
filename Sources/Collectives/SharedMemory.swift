internal import Glibc

/// Zeroed memory that the ranks of a node share.
///
/// Nothing in it is synchronized: ranks order their accesses by flags or barriers.
public final class SharedMemory: @unchecked Sendable {
  /// The first byte, on a boundary of 4096 bytes at least.
  public let base: UnsafeMutableRawPointer
  /// The size.
  public let byteCount: Int
  private let mapping: UnsafeMutableRawBufferPointer?

  /// Wraps memory that lives as long as the process.
  init(base: UnsafeMutableRawPointer, byteCount: Int) {
    self.base = base
    self.byteCount = byteCount
    mapping = nil
    madvise(base, byteCount, MADV_HUGEPAGE)
  }

  /// Maps memory of this process, on a boundary of huge pages if it fills one.
  ///
  /// - Parameter byteCount: its size.
  /// - Throws: `CollectiveError.mapping`.
  public init(byteCount: Int) throws {
    let hugePage = 1 << 21
    let (length, overflow) = byteCount.addingReportingOverflow(hugePage)
    guard byteCount >= 0, !overflow,
      let start = mmap(
        nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      start != MAP_FAILED
    else {
      throw CollectiveError.mapping(byteCount: byteCount, errno: overflow ? ENOMEM : errno)
    }
    mapping = UnsafeMutableRawBufferPointer(start: start, count: length)
    base =
      UnsafeMutableRawPointer(
        bitPattern: (UInt(bitPattern: start) + UInt(hugePage) - 1) & ~(UInt(hugePage) - 1)) ?? start
    self.byteCount = byteCount
    madvise(base, byteCount, MADV_HUGEPAGE)
  }

  deinit {
    if let mapping { munmap(mapping.baseAddress, mapping.count) }
  }

  /// Makes the system provide the pages of a part now: a lack is an error here, not a signal later.
  ///
  /// Each rank should do it for the part that it writes first.
  ///
  /// - Parameter range: bytes.
  /// - Throws: `CollectiveError.mapping`.
  public func populate(_ range: Range<Int>) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= byteCount,
      "bytes \(range) are not in shared memory of \(byteCount) bytes")
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    guard !range.isEmpty else { return }
    // Constant of Linux 5.14; older kernels refuse it with EINVAL, and pages come when touched.
    let populateForWriting: Int32 = 23
    var result: Int32
    repeat {
      result = madvise(base + start, range.upperBound - start, populateForWriting)
    } while result != 0 && (errno == EINTR || errno == EAGAIN)
    guard result == 0 || errno == EINVAL else {
      throw CollectiveError.mapping(byteCount: range.count, errno: errno)
    }
  }
}
