import TestSupport
import Testing

struct ProfileTests {
  @Test func aProfiledRunShowsATableAndEndsWithTheSameModel() throws {
    let run = try ShortRun()
    #expect(try run.train(run.command()).exitCode == 0)
    let plain = run.weights()
    let output = run.folder.path("profiled")
    let result = try run.train(run.command("--profile", "--output", output))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(plain != nil && run.weights(in: output) == plain)

    #expect(result.errors.contains("profile of 3 steps"))
    for name in ["product, forward", "attention, backward", "AdamW, update", "waiting for data"] {
      #expect(result.errors.contains("\n  \(name)"), "\(name)")
    }
    for line in result.errorLines where line.hasPrefix("  ") {
      #expect(line.count <= 80, "\(line)")
    }
    let trace = String(
      decoding: contents(of: output + "/profile/trace.json") ?? [], as: UTF8.self)
    #expect(trace.hasPrefix("{\"displayTimeUnit\""))
    #expect(trace.split(separator: "\"name\":\"step\"").count == 4)
    #expect(contents(of: output + "/profile/operations.json") != nil)
  }
}
