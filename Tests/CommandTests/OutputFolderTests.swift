import Files
import Glibc
import TestSupport
import Testing

struct OutputFolderTests {
  private let run: ShortRun

  init() throws { run = try ShortRun() }

  @Test func aFileCannotHoldARun() throws {
    try run.folder.write("mine", to: "run")
    let result = try run.train(run.command())
    #expect(result.exitCode == 73)
    #expect(result.errorReports.count == 1)
    #expect(contents(of: run.output) == Array("mine".utf8))
  }

  @Test func aFolderThatCannotBeWrittenIsRefusedBeforeAnyWork() throws {
    let locked = run.folder.path("locked")
    mkdir(locked, 0o555)
    chmod(run.folder.path, 0o755)
    try run.writeConfiguration()
    // Permissions do not stop root, so root runs the program as nobody.
    let asNobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let program = try builtProgram("lockstep")
    let words =
      (geteuid() == 0 ? asNobody : []) + [program] + run.command("--output", locked + "/run")
    let result = try Subprocess.run(
      words[0], Array(words.dropFirst()), environment: ["LOCKSTEP_CACHE": "none"])
    #expect([73, 77].contains(result.exitCode))
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains(locked) == true)
    #expect(!result.errors.contains("step 1/6"))
  }

  @Test func anotherRunsFolderIsRefusedAndLeftAsItIs() throws {
    #expect(try run.train(run.command()).exitCode == 0)
    let weights = try #require(run.weights())
    let again = try run.train(ranks: 2, run.command("--seed", "7"))
    #expect(again.exitCode == 73)
    #expect(again.errorReports.count == 1)
    #expect(again.errorReports.first?.contains("by the same command with --resume") == true)
    let resumed = try run.train(ranks: 2, run.command("--seed", "7", "--resume"))
    #expect(resumed.exitCode == 78)
    #expect(resumed.errorReports.count == 1)
    #expect(resumed.errorReports.first?.contains("--seed was 42, is 7") == true)
    #expect(run.weights() == weights)
  }

  @Test func aDamagedCheckpointIsNamedAndTheOneBeforeItUsed() throws {
    #expect(try run.train(run.command()).exitCode == 0)
    let weights = try #require(run.weights())
    let damaged = run.output + "/checkpoints/step-00000006/model.safetensors"
    var bytes = try #require(contents(of: damaged))
    bytes[bytes.count / 2] ^= 1
    // The model folder may share the file: it gets one of its own.
    #expect(unlink(damaged) == 0)
    let replacement = try #require(fopen(damaged, "w"))
    fwrite(bytes, 1, bytes.count, replacement)
    fclose(replacement)
    let resumed = try run.train(run.command("--resume"))
    #expect(resumed.exitCode == 0)
    #expect(resumed.errors.contains("note: checkpoint of step 6 is damaged"))
    let from = run.output + "/checkpoints/step-00000004"
    #expect(resumed.errorLines.contains("resumed: step 4 of 6, from \(from)"))
    let whole = try run.train(run.command("--resume"))
    #expect(whole.exitCode == 0)
    #expect(whole.errors.contains("resumed: step 6 of 6, from "))
    #expect(whole.errors.contains("/checkpoints/step-00000006: the run is complete\n"))
    #expect(resumed.errors.contains("step 5/6"))
    #expect(run.weights() == weights)
  }

  @Test func onlyDamagedCheckpointsStopTheRun() throws {
    #expect(try run.train(run.command("--keep", "1")).exitCode == 0)
    let manifest = run.output + "/checkpoints/step-00000006/MANIFEST.json"
    #expect(unlink(manifest) == 0)
    let resumed = try run.train(run.command("--keep", "1", "--resume"))
    #expect(resumed.exitCode == 65)
    #expect(resumed.errorReports.first?.contains("no checkpoint is usable") == true)
  }

  @Test func resumingWhereNothingIsStartsAtTheBeginning() throws {
    let result = try run.train(run.command("--resume"))
    #expect(result.exitCode == 0)
    #expect(result.errors.contains("step 1/6"))
    #expect(
      result.errorLines.contains("note: nothing to resume in \(run.output): a new run begins"))
    #expect(!result.errors.contains("resumed:"))
  }

  @Test func aPlaceWhereNothingCanBeMadeIsOneError() throws {
    let result = try run.train(run.command("--output", "/proc/lockstep"))
    #expect(result.exitCode == 73, "\(result.errors)")
    #expect(result.errorReports.count == 1)
    #expect(result.errorReports.first?.contains("/proc/lockstep: cannot be created") == true)
  }

  @Test func filesThatNoRunHasMadeAreNotReplaced() throws {
    try Folder.create(run.output + "/model", withParents: true)
    try File.write([1], to: run.output + "/model/notes")
    for more in [[], ["--resume"]] {
      let result = try run.train(ranks: 2, run.command() + more)
      #expect(result.exitCode == 73, "\(result.errors)")
      #expect(result.errorReports.count == 1)
      #expect(result.errorReports.first?.contains("no run has made it") == true)
    }
    #expect(try Folder.list(run.output) == ["model"])
    #expect(try Folder.list(run.output + "/model") == ["notes"])
  }

  @Test func theWeightsThatARunBeginsWithAreNotReplaced() throws {
    #expect(try run.train(run.command("--save-every", "0")).exitCode == 0)
    let weights = try #require(run.weights())
    let model = run.output + "/model"
    // With the record of a run that has not saved anything, as without one.
    for file in ["checkpoints", "run.json"] {
      try Folder.removeAny(run.output + "/" + file)
      for (option, source) in [("--model", model), ("--tokenizer", model + "/tokenizer.json")] {
        let words = ["train", "--data", run.text, "--output", run.output, "--block-size", "16"]
        let resume = file == "checkpoints" ? ["--resume"] : []
        let result = try run.train(words + resume + [option, source])
        #expect(result.exitCode == 73, "\(result.errors)")
        #expect(result.errorReports.count == 1)
        #expect(
          result.errorReports.first?.contains("\(option) \(source): lies in the folder") == true,
          "\(result.errors)")
      }
    }
    #expect(run.weights() == weights)
  }
}
