import Glibc
import TestSupport
import Testing

/// Runs that cannot end as they were meant to.
struct InterruptionTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  @Test func anInterruptedDemoDoesNotOfferWhatItCannotDo() throws {
    let process = try Subprocess(builtProgram("lockstep"), ["demo", "--output", run.output])
    let log = run.output + "/metrics.jsonl"
    let deadline = ContinuousClock.now + .seconds(60)
    while contents(of: log)?.isEmpty ?? true, ContinuousClock.now < deadline { usleep(5_000) }
    kill(process.processID, SIGINT)
    let stopped = try process.wait()
    #expect(stopped.exitCode == 75)
    #expect(stopped.errors.contains("note: stopping as asked (SIGINT)"))
    #expect(stopped.errors.contains("a demo begins anew: start it again"))
    #expect(!stopped.errors.contains("--resume"))
  }

  /// A limit of 4 KiB a file, below which metrics and settings stay and above which weights do not.
  @Test func threeFailedSavesEndTheRunWithOneMessage() throws {
    try run.writeConfiguration()
    let words = try [builtProgram("lockstep")] + run.command("--save-every", "1")
    let result = try Subprocess.run(
      "/bin/bash", ["-c", "trap '' XFSZ; ulimit -f 4; exec \"$@\"", "bash"] + words,
      environment: ["LOCKSTEP_CACHE": "none"])
    #expect(result.exitCode == 74)
    #expect(result.errorLines.filter { $0.contains("training goes on") }.count == 2)
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains("3 saves in a row have failed") == true)
    // Nothing half-made is left, and every line of the metrics is whole.
    #expect(try Subprocess.run("/bin/ls", ["-A", run.output + "/checkpoints"]).output == "")
    let metrics = try #require(contents(of: run.output + "/metrics.jsonl"))
    #expect(metrics.split(separator: 0x0A).count == 3 && metrics.last == 0x0A)
  }
}
