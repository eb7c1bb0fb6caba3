import Kernels
import Tensors
import Testing

struct ThreadCountTests {
  /// Large enough that every loop is cut into pieces and large products are shared.
  ///
  /// In a process of its own, because a pool of threads can grow but not shrink.
  @Test func operationsHaveTheSameBitsForAnyNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      let cases = OperationCase.all(rows: 420, columns: 161)
      let alone = cases.map(Self.bits)
      for threadCount in 2...3 {
        ThreadPool.shared.configure(threadCount: threadCount, spins: false)
        for (operation, alone) in zip(cases, alone) {
          let isEqual = Self.bits(operation) == alone
          #expect(isEqual, "\(operation.name), \(threadCount) threads")
        }
      }
    }
  }

  private static func bits(_ operation: OperationCase) -> [[UInt32]] {
    let (result, gradients) = operation.evaluate(operation.values)
    return ([result] + gradients.map { $0 ?? [] }).map { $0.map(\.bitPattern) }
  }
}
