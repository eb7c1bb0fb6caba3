import Checkpoints
import Files
import Glibc
import TestSupport
import Testing

struct MetricsFileTests {
  let temporary: TemporaryFolder
  var path: String { temporary.path("metrics.jsonl") }

  init() throws { temporary = try TemporaryFolder() }

  private func text(_ path: String) throws -> String {
    String(decoding: try File.read(path), as: UTF8.self)
  }

  @Test func everyStepIsALine() throws {
    let metrics = try MetricsFile(path, keepingThrough: 0)
    try metrics.append(["step": 1, "loss": 2.5])
    try metrics.append(["step": 2, "text": "a\nb"])
    #expect(
      try text(path) == #"{"step":1,"loss":2.5}"# + "\n" + #"{"step":2,"text":"a\nb"}"# + "\n")
    #expect(!File.exists(path + ".lost"))
  }

  @Test func whatIsWrittenAgainMovesAway() throws {
    let first = try MetricsFile(path, keepingThrough: 0)
    try first.append(["started": "now"])
    for step in 1...5 { try first.append(["step": JSON(step)]) }
    let second = try MetricsFile(path, keepingThrough: 3)
    try second.append(["step": 4, "again": true])
    #expect(
      try text(path) == """
        {"started":"now"}
        {"step":1}
        {"step":2}
        {"step":3}
        {"step":4,"again":true}

        """)
    #expect(try text(path + ".lost") == "{\"step\":4}\n{\"step\":5}\n")
    _ = try MetricsFile(path, keepingThrough: 2)
    #expect(try text(path + ".lost").hasSuffix("{\"step\":3}\n{\"step\":4,\"again\":true}\n"))
    #expect(try Folder.list(temporary.path) == ["metrics.jsonl", "metrics.jsonl.lost"])
  }

  @Test func aTornLastLineMovesAway() throws {
    try File.write(Array("{\"step\":1}\n{\"step\":2,\"lo".utf8), to: path)
    let metrics = try MetricsFile(path, keepingThrough: 9)
    try metrics.append(["step": 2])
    #expect(try text(path) == "{\"step\":1}\n{\"step\":2}\n")
    #expect(try text(path + ".lost") == "{\"step\":2,\"lo\n")
  }

  @Test func aLastLineWithoutItsEndGetsOne() throws {
    try File.write(Array("{\"step\":1}".utf8), to: path)
    try MetricsFile(path, keepingThrough: 1).append(["step": 2])
    #expect(try text(path) == "{\"step\":1}\n{\"step\":2}\n")
  }

  @Test func nothingIsRewrittenWhereNothingIsLost() throws {
    try File.write(Array("{\"step\":1}\n".utf8), to: path)
    let held = try AppendedFile(path)
    _ = try MetricsFile(path, keepingThrough: 1)
    try held.append(Array("{\"step\":1}\n".utf8))
    #expect(try text(path) == "{\"step\":1}\n{\"step\":1}\n")
  }

  @Test func aLineThatDoesNotFitLeavesTheLinesBefore() async {
    await #expect(processExitsWith: .success) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 25, rlim_max: 25)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let metrics = try MetricsFile(path, keepingThrough: 0)
      try metrics.append(["step": 1])
      try metrics.append(["step": 2])
      do {
        try metrics.append(["step": 3])
        exit(1)
      } catch let error as FileError {
        guard error.number == EFBIG else { exit(2) }
      }
      guard try File.read(path) == Array("{\"step\":1}\n{\"step\":2}\n".utf8) else { exit(3) }
    }
  }
}
