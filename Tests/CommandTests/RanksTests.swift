import Glibc
import TestSupport
import Testing

struct RanksTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  @Test func moreRanksThanMicroBatchesAreRefused() throws {
    let result = try run.train(ranks: 5, run.command())
    #expect(result.exitCode == 78)
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains("5 ranks for 4 micro-batches") == true)
  }

  @Test func ranksThatSeeDifferentDataAreToldApart() throws {
    try run.writeConfiguration()
    let other = try run.folder.write(ShortRun.story + "One more.\n", to: "other.txt")
    let result = try lockstep(
      onRanks: 2, run.command(), run.command(data: [other]),
      environment: ["LOCKSTEP_CACHE": run.folder.path("cache")])
    #expect(result.exitCode == 76)
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains("rank 1") == true)
  }

  @Test func ranksWithDifferentSettingsAreToldApart() throws {
    try run.writeConfiguration()
    let result = try lockstep(
      onRanks: 2, run.command(), run.command("--learning-rate", "1e-3"),
      environment: ["LOCKSTEP_CACHE": run.folder.path("cache")])
    #expect(result.exitCode == 76)
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains("--learning-rate: ranks disagree") == true)
  }

  @Test(arguments: [SIGUSR1, SIGTERM, SIGINT])
  func aSignalSavesTheStateAndTheRunGoesOnToTheSameBits(signal: Int32) throws {
    let steps = ["--steps", "2000", "--save-every", "0"]
    let whole = run.folder.path("whole")
    #expect(try run.train(run.command() + steps + ["--output", whole]).exitCode == 0)
    let weights = try #require(run.weights(in: whole))

    let process = try Subprocess(
      builtProgram("lockstep"), run.command() + steps,
      environment: ["LOCKSTEP_CACHE": run.folder.path("cache")])
    // The metrics appear with the first step.
    let log = run.output + "/metrics.jsonl"
    let deadline = ContinuousClock.now + .seconds(30)
    while contents(of: log)?.isEmpty ?? true, ContinuousClock.now < deadline { usleep(500) }
    kill(process.processID, signal)
    let stopped = try process.wait()
    #expect(stopped.exitCode == 75)
    #expect(stopped.errorReports.isEmpty)
    #expect(stopped.errors.contains("note: stopping as asked"))
    #expect(stopped.errors.contains("--resume"))

    let resumed = try run.train(ranks: 2, run.command() + steps + ["--resume"])
    #expect(resumed.exitCode == 0)
    #expect(run.weights() == weights)
  }

  @Test func aDivergingRunStopsWithItsOwnExitCode() throws {
    let result = try run.train(
      ranks: 2,
      run.command(
        "--learning-rate", "10", "--clip-norm", "0", "--warmup-steps", "0", "--steps", "400",
        "--weight-decay", "1"))
    #expect(result.exitCode == 79)
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains("is not finite") == true)
  }
}
