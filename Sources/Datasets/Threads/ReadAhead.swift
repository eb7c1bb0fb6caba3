/// Makes elements on a thread of its own, a few ahead of whoever takes them.
///
/// The thread ends when there is nothing more to make, or when nobody holds the object any more.
final class ReadAhead<Element: Sendable> {
  private let queue: Queue
  private let make: @Sendable () -> Element?
  private let worker: Worker?

  /// What both threads see; touched under the monitor only.
  private final class Queue: @unchecked Sendable {
    let monitor = Monitor()
    var elements: [Element] = []
    var isFinished = false
    var isAbandoned = false
  }

  /// Starts making elements until `make` returns nil.
  ///
  /// - Parameters:
  ///   - limit: how many finished elements may wait, at least 1
  ///   - make: called on one thread, once after another
  init(limit: Int, _ make: @escaping @Sendable () -> Element?) {
    let queue = Queue()
    self.queue = queue
    self.make = make
    worker = Worker {
      while true {
        let element = make()
        let goesOn = queue.monitor.locked {
          while queue.elements.count >= limit && !queue.isAbandoned { queue.monitor.wait() }
          if let element { queue.elements.append(element) } else { queue.isFinished = true }
          queue.monitor.announce()
          return !queue.isFinished && !queue.isAbandoned
        }
        guard goesOn else { return }
      }
    }
  }

  deinit {
    queue.monitor.locked {
      queue.isAbandoned = true
      queue.monitor.announce()
    }
    worker?.join()
  }

  /// The next element, waiting until it is made; nil after the last one.
  func next() -> Element? {
    // Without a thread the elements are made when they are asked for.
    guard worker != nil else { return make() }
    return queue.monitor.locked {
      while queue.elements.isEmpty && !queue.isFinished { queue.monitor.wait() }
      guard !queue.elements.isEmpty else { return nil }
      queue.monitor.announce()
      return queue.elements.removeFirst()
    }
  }
}
