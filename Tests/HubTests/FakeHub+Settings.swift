import HTTP
import Hub
import Synchronization
import TestSupport

extension FakeHub {
  /// Settings that lead to this hub and to a cache of the test's own, with little patience.
  func settings(cache: String) throws -> HubSettings {
    var settings = try HubSettings { ["HF_ENDPOINT": self.address, "HF_HOME": cache][$0] }
    settings.firstPause = 0.001
    settings.patience.slowSeconds = 1
    return settings
  }
}

/// Counts from several threads.
final class Counter: Sendable {
  private let count = Mutex(0)

  /// The next number, beginning with 1.
  func next() -> Int {
    count.withLock {
      $0 += 1
      return $0
    }
  }
}
