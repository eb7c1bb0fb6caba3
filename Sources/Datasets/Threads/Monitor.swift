import Glibc

/// A lock that threads can wait on until something changes.
@safe final class Monitor: Sendable {
  private nonisolated(unsafe) let lock: UnsafeMutablePointer<pthread_mutex_t>
  private nonisolated(unsafe) let change: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe lock = .allocate(capacity: 1)
    unsafe change = .allocate(capacity: 1)
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(change, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(change)
    unsafe pthread_mutex_destroy(lock)
    unsafe change.deallocate()
    unsafe lock.deallocate()
  }

  /// Runs the body while no other thread runs one under this monitor.
  func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return try body()
  }

  /// Lets others in until one of them announces a change.
  ///
  /// - Precondition: this thread is inside of `locked`.
  func wait() {
    unsafe pthread_cond_wait(change, lock)
  }

  /// Wakes all who wait.
  func announce() {
    unsafe pthread_cond_broadcast(change)
  }
}
