import Files
import Glibc
import Synchronization
import TestSupport
import Testing

private final class Counts: Sendable {
  let owners = Atomic(0)
  let collisions = Atomic(0)
  let wins = Atomic(0)
}

struct FileLockTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func theLockIsHeldOnceAndItsFileGoesWithIt() throws {
    let path = folder.path("lock")
    do {
      let lock = try #require(try FileLock.acquire(path))
      #expect(lock.isExclusive)
      try lock.write(Array("first and longer".utf8))
      try lock.write(Array("second".utf8))
      #expect(try File.read(path) == Array("second".utf8))
      #expect(try FileLock.acquire(path) == nil)
      #expect(lock.path == path)
    }
    #expect(!File.exists(path))
    #expect(try FileLock.acquire(path) != nil)
  }

  @Test func aLockFileThatAnotherReplacedIsLeftAlone() throws {
    let path = folder.path("lock")
    do {
      let lock = try #require(try FileLock.acquire(path))
      try File.remove(path)
      try File.write([1], to: path)
      #expect(lock.path == path)
    }
    #expect(try File.read(path) == [1])
  }

  @Test func rivalsNeverHoldTheLockTogether() throws {
    let path = folder.path("lock")
    let counts = Counts()
    // More threads than processors, so that they stop each other anywhere between two system calls.
    let threads = (0..<16).map { _ in
      RivalThread {
        while counts.wins.load(ordering: .relaxed) <= 100 {
          guard let lock = try? FileLock.acquire(path) else { continue }
          if counts.owners.add(1, ordering: .sequentiallyConsistent).newValue > 1 {
            counts.collisions.add(1, ordering: .relaxed)
          }
          for _ in 0..<20 { sched_yield() }
          counts.wins.add(1, ordering: .relaxed)
          counts.owners.subtract(1, ordering: .sequentiallyConsistent)
          withExtendedLifetime(lock) {}
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(counts.collisions.load(ordering: .relaxed) == 0)
    #expect(counts.wins.load(ordering: .relaxed) > 100)
  }
}

/// A thread of the system that a test waits for.
private final class RivalThread {
  private var thread = pthread_t()
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    let started = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<RivalThread>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(started == 0)
  }

  func join() { pthread_join(thread, nil) }
}
