import Foundation
import TestSupport
import Testing

/// The help of every command is as in Snapshots/.
///
/// After a change that is meant, write them again: `for file in Tests/CommandTests/Snapshots/*.txt; do
/// lockstep help $(basename $file .txt) > $file; done`
struct HelpTests {
  private static let commands = [
    "train", "evaluate", "fill-mask", "demo", "tokenizer", "help", "version",
    "benchmark-tokenizer",
  ]

  @Test(arguments: commands)
  func helpIsAsInTheSnapshot(command: String) throws {
    let result = try lockstep("help", command)
    #expect(result.exitCode == 0)
    #expect(result.errors.isEmpty)
    let snapshot = try #require(
      Bundle.module.path(forResource: command, ofType: "txt", inDirectory: "Snapshots"))
    #expect(result.output == String(decoding: contents(of: snapshot) ?? [], as: UTF8.self))
  }

  @Test(arguments: commands)
  func helpFitsEightyColumns(command: String) throws {
    let lines = try lockstep(command, "--help").output.split(separator: "\n")
    #expect(lines.count > 1)
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: [[], ["help"], ["--help"], ["-h"]])
  func everyCommandIsListed(words: [String]) throws {
    let result = try Subprocess.run(builtProgram("lockstep"), words)
    #expect(result.exitCode == 0)
    for command in Self.commands { #expect(result.output.contains("\n  \(command) ")) }
  }

  @Test func helpWinsOverWhateverElseIsAsked() throws {
    let result = try lockstep("train", "--blok-size", "3", "--help")
    #expect(result.exitCode == 0)
    #expect(result.output == (try lockstep("help", "train").output))
  }

  @Test func versionIsOneLineWithANumber() throws {
    let result = try lockstep("--version")
    #expect(result.output.hasPrefix("lockstep 0."))
    #expect(result.output == (try lockstep("version").output))
  }
}
