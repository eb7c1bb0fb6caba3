import Collectives
import Diagnostics
import Tensors
import Training

/// `lockstep benchmark`: times training steps on random tokens, for the Benchmarks folder.
struct BenchmarkCommand: Command {
  static let name = "benchmark"
  static let summary = "Time training steps on random tokens"
  static let usage = [" --model-shape NAME [options]"]
  static let isHidden = true

  var shape = "tiny"
  var stepCount = 20
  var threadCount: Int?
  var precision = Precision.float32
  var recomputes = false
  var isJSON = false

  static var optionGroups: [OptionGroup<BenchmarkCommand>] {
    [
      OptionGroup(
        "Options",
        [
          .text(
            "model-shape", "NAME", \.shape, ThroughputBenchmark.shapes.joined(separator: ", ")),
          .choice("precision", \.precision, "of matrix products (fp32)"),
          .integer("steps", "N", \.stepCount, "timed steps (20)"),
          .integer("threads", "N", \.threadCount, "threads a rank (cores / ranks)"),
          .flag("recompute", \.recomputes, "as in train"),
          .flag("json", \.isJSON, "print one JSON object, which is all it can do"),
        ])
    ]
  }

  func problems() -> [String] {
    var problems: [String] = []
    if !ThroughputBenchmark.shapes.contains(shape) {
      problems.append(
        "--model-shape \(shape): must be \(ThroughputBenchmark.shapes.joined(separator: ", "))")
    }
    if !precision.isSupported {
      problems.append(
        "--precision \(precision.rawValue): this processor has no instructions for it")
    }
    if stepCount < 1 { problems.append("--steps \(stepCount): must be at least 1") }
    if let threadCount, threadCount < 1 {
      problems.append("--threads \(threadCount): must be at least 1")
    }
    return problems
  }

  func run(on world: any Communicator) throws -> ExitCode? {
    try ThreadShare.configure(threadCount, on: world)
    let benchmark = ThroughputBenchmark(
      shape: shape, stepCount: stepCount, precision: precision,
      recomputing: recomputes)
    let result = try benchmark.run(on: world)
    if world.isRoot { try Output.show(String(decoding: result, as: UTF8.self) + "\n") }
    return nil
  }
}
