import Glibc
import Synchronization

/// A thread that does one thing.
final class Worker: Sendable {
  private let outcome = Mutex<Result<Void, any Error>?>(nil)

  /// Starts.
  init(_ body: @escaping @Sendable () throws -> Void) {
    final class Job {
      let worker: Worker
      let body: @Sendable () throws -> Void
      init(_ worker: Worker, _ body: @escaping @Sendable () throws -> Void) {
        (self.worker, self.body) = (worker, body)
      }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let job = Unmanaged<Job>.fromOpaque(context).takeRetainedValue()
        let result = Result { try job.body() }
        job.worker.outcome.withLock { $0 = result }
        return nil
      }, Unmanaged.passRetained(Job(self, body)).toOpaque())
    pthread_detach(thread)
  }

  /// Waits for the end.
  ///
  /// - Throws: What the body threw.
  func wait() throws {
    while true {
      if let result = outcome.withLock({ $0 }) { return try result.get() }
      usleep(1_000)
    }
  }
}
