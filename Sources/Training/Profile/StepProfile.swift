import Files
import Kernels

/// What a run's steps spend their time on: some steps after the first few, operation by operation.
///
/// Recording changes no result.
public final class StepProfile {
  private static let warmupSteps = 3
  private static let mostSteps = 20

  private(set) var events: [Profiler.Event] = []
  private(set) var stepCount = 0
  private var seen = 0
  private var isRecording = false

  init() {}

  // A run that fails would otherwise go on recording.
  deinit { end() }

  /// Called before every step.
  func stepBegins() {
    seen += 1
    guard seen == Self.warmupSteps + 1 else { return }
    isRecording = true
    Profiler.shared.start()
  }

  /// Called after every step, and once more at the end of the run.
  func stepEnded(isLast: Bool) {
    guard isRecording else { return }
    stepCount += 1
    if isLast || stepCount == Self.mostSteps { finish() }
  }

  private func finish() {
    events = Profiler.shared.stop()
    isRecording = false
  }

  /// Ends recording where a run ended early.
  func end() { if isRecording { finish() } }

  /// The operations of all recorded steps, the longest first; what lies between steps, such as an
  /// evaluation, is in the trace only.
  var operations: [Operation] {
    var found: [Operation] = []
    for event in events where event.kind == .kernel && event.part == "step" {
      let name = "\(event.name), \(event.phase)"
      if let index = found.firstIndex(where: { $0.name == name }) {
        found[index].add(event)
      } else {
        var operation = Operation(name: name)
        operation.add(event)
        found.append(operation)
      }
    }
    return found.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
  }

  /// The seconds of a phase over all recorded steps.
  func seconds(ofPhase name: String) -> Double {
    events.filter { $0.kind == .phase && $0.name == name }
      .reduce(0) { $0 + Double($1.nanoseconds) * 1e-9 }
  }

  /// All calls of one operation in one phase.
  struct Operation {
    let name: String
    var callCount = 0
    var seconds = 0.0
    var flops = 0.0
    var bytes = 0.0

    mutating func add(_ event: Profiler.Event) {
      callCount += 1
      seconds += Double(event.nanoseconds) * 1e-9
      flops += event.flops
      bytes += event.bytes
    }
  }
}
