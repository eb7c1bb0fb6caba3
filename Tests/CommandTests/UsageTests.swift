import TestSupport
import Testing

struct UsageTests {
  @Test(arguments: [
    ("--blok-size", "did you mean --block-size?"),
    ("--batch-size", "did you mean --block-size or --micro-batch-size or --global-batch-size?"),
    ("--lr", "did you mean --learning-rate?"),
    ("--Learning_Rate", "did you mean --learning-rate?"),
    ("--vocab", "did you mean --vocabulary-size?"),
    ("--sead", "did you mean --seed?"),
    ("--resum", "did you mean --resume?"),
    (
      "--gradient_accumulation_steps",
      "accumulation is --global-batch-size / (--micro-batch-size x ranks)"
    ),
  ])
  func misspeltOptionsAreRefusedWithTheNearestNames(option: String, advice: String) throws {
    let result = try lockstep("train", option, "8")
    #expect(result.exitCode == 64)
    #expect(
      result.errorLines == [
        "error: \(option) is not an option of 'lockstep train': \(advice)",
        "hint: lockstep help train",
      ])
    #expect(result.output.isEmpty)
  }

  @Test func aMisspeltTopicOfHelpLeadsToTheCommands() throws {
    let result = try lockstep("help", "trian")
    #expect(result.exitCode == 64)
    #expect(
      result.errorLines == [
        "error: 'trian' is not a command: did you mean train?", "hint: lockstep help",
      ])
  }

  @Test func optionsThatResembleNothingAreRefusedWithoutAdvice() throws {
    let result = try lockstep("train", "--zzzz")
    #expect(result.exitCode == 64)
    #expect(result.errorLines.first == "error: --zzzz is not an option of 'lockstep train'")
  }

  @Test func severalProblemsAreListedAtOnce() throws {
    let result = try lockstep(
      "train", "--dropout=2", "--resume=yes", "words", "--seed", "-1", "--data", "--epochs", "x")
    #expect(result.exitCode == 64)
    #expect(
      result.errorLines == [
        "error: 6 problems on the command line",
        "  --resume takes no value: found 'yes'",
        "  'words' is not expected: 'lockstep train' takes options only",
        "  --seed -1: is not a whole number from 0 to 18446744073709551615",
        "  --data needs a value: --data FILE",
        "  --epochs x: is not a whole number",
        "  --dropout 2.0: must be at least 0 and below 1",
        "hint: lockstep help train",
      ])
  }

  @Test func aLongListOfProblemsIsCut() throws {
    let result = try lockstep(
      "train", "--a", "--b", "--c", "--d", "--e", "--f", "--g", "--h")
    #expect(result.errorLines.first == "error: 8 problems on the command line")
    #expect(result.errorLines.count == 9)
    #expect(result.errorLines.dropLast().last == "  and 2 more")
  }

  @Test(arguments: [
    ("--global-batch-size=20", "--global-batch-size 20 is not a multiple of --micro-batch-size 8"),
    ("--block-size=1e3", "--block-size 1e3: is not a whole number"),
    ("--block-size=3", "--block-size 3: must be 4 to 65536"),
    ("--learning-rate=nan", "--learning-rate nan: is not a number"),
    ("--learning-rate=0x1p3", "--learning-rate 0x1p3: is not a number"),
    ("--learning-rate=-1", "--learning-rate -1.0: must be above 0 and at most 10"),
    ("--output=", "--output : is empty"),
    ("--max-shard-size=5TB", "--max-shard-size 5TB: is not a size: give a number of bytes"),
    ("--max-shard-size=0", "--max-shard-size 0: is not a size"),
    ("--max-shard-size=9999999999999GB", "--max-shard-size 9999999999999GB: is not a size"),
    ("--keep=99999999999999999999", "--keep 99999999999999999999: is not a whole number"),
  ])
  func valuesThatCannotBeHonouredAreRefused(option: String, problem: String) throws {
    let result = try lockstep("train", option)
    #expect(result.exitCode == 64)
    #expect(result.errorLines.first?.hasPrefix("error: " + problem) == true)
  }

  @Test func controlCharactersDoNotReachTheTerminal() throws {
    let result = try lockstep("train", "--\u{1B}[2J")
    #expect(result.exitCode == 64)
    #expect(!result.errors.contains("\u{1B}"))
    #expect(result.errors.contains("\\x1b[2J"))
  }

  @Test(arguments: [("trian", ": did you mean train?"), ("fillmask", ": did you mean fill-mask?")])
  func misspeltCommandsAreRefusedWithTheNearestName(command: String, advice: String) throws {
    let result = try lockstep(command)
    #expect(result.exitCode == 64)
    #expect(
      result.errorLines == ["error: '\(command)' is not a command\(advice)", "hint: lockstep help"])
    let help = try lockstep("help", command)
    #expect(help.exitCode == 64)
  }
}
