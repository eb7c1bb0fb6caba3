import Glibc
import TestSupport
import Testing

struct DryRunTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  @Test(arguments: [1, 2])
  func aDryRunTellsWhatWouldHappenAndWritesNothing(ranks: Int) throws {
    let result = try run.train(ranks: ranks, run.command("--dry-run"))
    #expect(result.exitCode == 0, "\(result.errors)")
    for begin in ["model: ", "samples: ", "steps: 6, ", "step: 8 samples", "learning rate: "] {
      #expect(result.output.contains(begin), "\(result.output)")
    }
    #expect(result.output.contains("\(4 / ranks) micro-batches each"))
    #expect(result.output.contains("\nmemory "))
    #expect(access(run.output, F_OK) != 0)
  }

  @Test func aDryRunDoesNotResume() throws {
    let result = try run.train(run.command("--dry-run", "--resume"))
    #expect(result.exitCode == 64 || result.exitCode == 78)
    #expect(result.errorReports.first?.contains("--dry-run") == true)
  }

  @Test(arguments: [["--dry-run"], []])
  func aRunThatDoesNotFitIsRefusedBeforeItAllocates(options: [String]) throws {
    try run.writeConfiguration()
    // 110 million parameters where the shell allows less than their gradients.
    let words = run.command("--model", "base") + options
    let result = try Subprocess.run(
      "/bin/sh", ["-c", "ulimit -v 1200000; exec \"$0\" \"$@\"", builtProgram("lockstep")] + words,
      environment: ["LOCKSTEP_CACHE": run.folder.path("cache")])
    #expect(result.exitCode == 71)
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains("ulimit -v") == true, "\(result.errors)")
    #expect(result.errorReports.first?.contains("--model") == true)
  }
}
