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
}
