import Glibc
import Kernels
import Testing

/// In processes of their own, because all tests of a process share the profiler.
struct ProfilerTests {
  @Test func nothingIsRecordedBeforeTheStart() async {
    await #expect(processExitsWith: .success) {
      Self.multiply(8, 8, 8)
      Profiler.shared.start()
      #expect(Profiler.shared.stop().isEmpty)
    }
  }

  @Test func aProductHasItsOperationsAndItsPhase() async {
    await #expect(processExitsWith: .success) {
      Profiler.shared.start()
      Profiler.shared.phase("step") {
        Profiler.shared.phase("forward") { Self.multiply(6, 5, 7) }
      }
      let events = Profiler.shared.stop()
      #expect(events.map(\.name) == ["product fp32", "forward", "step"])
      #expect(events.map(\.phase) == ["forward", "step", ""])
      #expect(events.map(\.part) == ["step", "step", ""])
      #expect(events[0].shape == [6, 5, 7])
      #expect(events[0].flops == 420)  // 2 · 6 · 5 · 7
      #expect(events[0].bytes == 428)  // 4 · (6 · 7 + 7 · 5 + 6 · 5)
      #expect(events[2].begin <= events[0].begin)
      #expect(events[2].nanoseconds >= events[0].nanoseconds)
    }
  }

  @Test func kernelsInsideKernelsDoNotCount() async {
    await #expect(processExitsWith: .success) {
      Profiler.shared.start()
      Profiler.shared.kernel("outer") { Self.multiply(4, 4, 4) }
      #expect(Profiler.shared.stop().map(\.name) == ["outer"])
    }
  }

  @Test func onlyTheThreadThatStartedIsRecorded() async {
    await #expect(processExitsWith: .success) {
      #expect(Profiler.shared.start())
      var other = pthread_t()
      pthread_create(
        &other, nil,
        { _ in
          let started = Profiler.shared.start()
          ProfilerTests.multiply(4, 4, 4)
          let isRecorded = started || !Profiler.shared.stop().isEmpty
          return isRecorded ? UnsafeMutableRawPointer(bitPattern: 1) : nil
        }, nil)
      var recorded: UnsafeMutableRawPointer?
      pthread_join(other, &recorded)
      #expect(recorded == nil)
      Self.multiply(5, 5, 5)
      #expect(Profiler.shared.stop().map(\.shape) == [[5, 5, 5]])
      #expect(Profiler.shared.start())
    }
  }

  private static func multiply(_ rows: Int, _ columns: Int, _ inner: Int) {
    let a = [Float](repeating: 1, count: rows * inner)
    let b = [Float](repeating: 1, count: inner * columns)
    var c = [Float](repeating: 0, count: rows * columns)
    MatrixProduct.multiply(
      into: &c, stride: columns, MatrixOperand(a, stride: inner), MatrixOperand(b, stride: columns),
      rows: rows, columns: columns, inner: inner)
  }
}
