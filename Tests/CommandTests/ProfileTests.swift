import Files
import TestSupport
import Testing

struct ProfileTests {
  @Test func aProfiledRunShowsATableAndEndsWithTheSameModel() throws {
    let run = try ShortRun()
    #expect(try run.train(run.command()).exitCode == 0)
    let plain = run.weights()
    let output = run.folder.path("profiled")
    let result = try run.train(
      run.command("--profile", "--output", output, "--evaluate-every", "1"))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(plain != nil && run.weights(in: output) == plain)

    #expect(result.errors.contains("profile of 3 steps"))
    for name in [
      "product fp32, forward", "attention, backward", "AdamW, update", "waiting for data", "total",
    ] {
      #expect(result.errors.contains("\n  \(name)"), "\(name)")
    }
    for line in result.errorLines where line.hasPrefix("  ") || line.hasPrefix("profile of") {
      #expect(line.count <= 80 && !line.hasSuffix(" "), "\(line)")
    }
    // An evaluation after every step is beside the steps, not in them.
    for word in ["evaluation", "checkpoint"] {
      #expect(!result.errors.contains(", \(word)"))
    }
    let names = try Self.names(inTrace: output + "/profile/trace.json")
    for (name, count) in [("step", 3), ("forward", 12), ("evaluation", 2), ("checkpoint", 1)] {
      #expect(names.count { $0 == name } == count, "\(name)")
    }
    try Self.expectSharesOfAStep(output + "/profile/operations.json")
  }

  @Test func everyRankWritesItsTrace() throws {
    let run = try ShortRun()
    let result = try run.train(ranks: 2, run.command("--profile"))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errorLines.count { $0.hasPrefix("profile of 3 steps") } == 1)
    for name in ["trace", "trace-rank-1"] {
      let names = try Self.names(inTrace: run.output + "/profile/\(name).json")
      #expect(names.count { $0 == "step" } == 3)
      #expect(names.contains("waiting for ranks"))
    }
    try Self.expectSharesOfAStep(run.output + "/profile/operations.json")
  }

  /// The names of a trace's events, each of which has its place in time.
  private static func names(inTrace path: String) throws -> [String] {
    try JSONCursor.read(path).member("traceEvents").elements().map { event in
      #expect(event.value["ph"]?.text == "X")
      for key in ["ts", "dur", "pid", "tid"] {
        #expect(event.value[key]?.double ?? -1 >= 0, "\(key)")
      }
      return event.value["name"]?.text ?? ""
    }
  }

  /// Operations and waits lie in a step one after the other.
  private static func expectSharesOfAStep(_ path: String) throws {
    let summary = try JSONCursor.read(path)
    let operations = try summary.member("operations").elements()
      .compactMap { $0.value["seconds"]?.double }.reduce(0, +)
    let waits = ["waiting_for_data", "waiting_for_ranks", "sum_over_ranks"]
      .compactMap { summary.value[$0 + "_seconds"]?.double }
    #expect(waits.count == 3)
    let whole = try #require(summary.value["seconds"]?.double)
    #expect(operations > 0 && operations + waits.reduce(0, +) <= whole)
  }
}
