internal import Synchronization

/// One recorded operation: what it read, and how to walk back through it.
final class Operation {
  private static let counter = Atomic<Int>(0)

  /// Later operations have higher numbers, so descending numbers are a reverse topological order.
  let number = Operation.counter.wrappingAdd(1, ordering: .relaxed).newValue
  let inputs: [Tensor]
  let backward: (Storage) -> Void

  /// The number of the newest operation of all threads.
  static var newestNumber: Int { counter.load(ordering: .relaxed) }

  init(inputs: [Tensor], backward: @escaping (Storage) -> Void) {
    self.inputs = inputs
    self.backward = backward
  }
}
