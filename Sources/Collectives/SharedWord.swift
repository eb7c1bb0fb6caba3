internal import CMPI

/// A 64-bit word in shared memory through which ranks tell each other how far they are.
package struct SharedWord {
  private let place: UnsafeMutablePointer<UInt64>

  /// Wraps the word at a place.
  ///
  /// - Parameter place: eight bytes on a boundary of eight.
  package init(at place: UnsafeMutableRawPointer) {
    self.place = place.assumingMemoryBound(to: UInt64.self)
  }

  /// Reads the word; what its writer did before it wrote is then visible.
  ///
  /// - Returns: the value.
  package func load() -> UInt64 { cmpi_load_acquire(place) }

  /// Writes the word, after all that this thread did before.
  package func store(_ value: UInt64) { cmpi_store_release(place, value) }

  /// Adds to the word.
  ///
  /// - Returns: the value before.
  @discardableResult
  package func add(_ value: UInt64) -> UInt64 { cmpi_fetch_add(place, value) }
}
