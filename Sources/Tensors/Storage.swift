internal import Glibc

/// A run of floats in memory that is recycled when nobody holds it any more.
///
/// Steps of a run need the same sizes again and again, so memory that is given back stays in the
/// arena for the next step instead of being returned to the system and faulted in again. A storage
/// lives as long as somebody mentions it, and its pointer is no mention: `extendLifetime` after the
/// last use of scratch memory, or another thread may be given it while a kernel still works there.
package final class Storage {
  /// The first element.
  package internal(set) var pointer: UnsafeMutablePointer<Float>
  /// How many elements there are.
  package let count: Int
  private let origin: Origin

  private enum Origin {
    case arena(byteCount: Int)
    case mapping(Mapping)
    case somebodyElse
  }

  /// Memory for `count` floats, not cleared.
  package init(count: Int) {
    let byteCount = Arena.blockSize(count * MemoryLayout<Float>.size)
    pointer = Arena.shared.take(byteCount).assumingMemoryBound(to: Float.self)
    self.count = count
    origin = .arena(byteCount: byteCount)
  }

  /// Memory of its own that holds zeros, for what lives as long as a run: it is not touched before
  /// it is used.
  package init(zeros count: Int) {
    let mapping = Mapping(byteCount: max(count, 1) * MemoryLayout<Float>.size)
    pointer = mapping.base.assumingMemoryBound(to: Float.self)
    self.count = count
    origin = .mapping(mapping)
  }

  /// Memory that somebody else owns and keeps alive.
  init(borrowing pointer: UnsafeMutablePointer<Float>, count: Int) {
    self.pointer = pointer
    self.count = count
    origin = .somebodyElse
  }

  deinit {
    switch origin {
    case .arena(let byteCount): Arena.shared.put(pointer, byteCount)
    case .mapping(let mapping): mapping.remove()
    case .somebodyElse: break
    }
  }

  /// Sets every element to 0.
  package func clear() {
    memset(pointer, 0, count * MemoryLayout<Float>.size)
  }
}
