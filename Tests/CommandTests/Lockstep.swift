import Glibc
import TestSupport

/// Runs the program as a user does.
func lockstep(
  _ arguments: String..., environment: [String: String?] = [:], input: String = ""
) throws -> Subprocess.Result {
  try Subprocess.run(
    builtProgram("lockstep"), arguments, environment: environment, input: input)
}

/// Runs the program on several ranks, each in a folder and with variables of its own.
func lockstep(
  onRanksIn folders: [String], _ arguments: [String], variables: [[String: String]],
  environment: [String: String?] = [:]
) throws -> Subprocess.Result {
  let program = try builtProgram("lockstep")
  let parts = zip(folders, variables).map { folder, variables in
    ["-n", "1", "/usr/bin/env", "-C", folder]
      + variables.keys.sorted().map { "\($0)=\(variables[$0] ?? "")" }
      + [program] + arguments
  }
  return try mpirun(Array(parts.joined(separator: [":"])), environment: environment)
}

/// Runs the program on several ranks, each with arguments of its own if there are several lists.
func lockstep(
  onRanks ranks: Int, _ arguments: [String]..., environment: [String: String?] = [:]
) throws -> Subprocess.Result {
  let program = try builtProgram("lockstep")
  let parts =
    arguments.count == 1
    ? ["-n", "\(ranks)", program] + arguments[0]
    : Array(arguments.map { ["-n", "1", program] + $0 }.joined(separator: [":"]))
  return try mpirun(parts, environment: environment)
}

private func mpirun(
  _ parts: [String], environment: [String: String?]
) throws -> Subprocess.Result {
  var environment = environment
  environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
  environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
  return try Subprocess.run(
    "/usr/bin/env", ["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none"] + parts,
    environment: environment)
}

extension Subprocess.Result {
  /// The lines of standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// The lines of standard error that report an error.
  var errorReports: [String] { errorLines.filter { $0.hasPrefix("error") } }
}

/// A folder with a text, and the options of a run on it that takes a moment.
struct ShortRun {
  let folder: TemporaryFolder
  let text: String

  init() throws {
    folder = try TemporaryFolder()
    text = try folder.write(Self.story, to: "story.txt")
  }

  /// A run that has been finished.
  static func finished() throws -> ShortRun {
    let run = try ShortRun()
    let result = try run.train(run.command())
    guard result.exitCode == 0 else { throw NotTrained(errors: result.errors) }
    return run
  }

  private struct NotTrained: Error { let errors: String }

  /// Some hundred short lines that do not repeat.
  static let story =
    (0..<300).map { line in
      let words = ["the", "red", "stone", "falls", "under", "a", "cloud", "and", "sings", "again"]
      return (0..<6).map { words[(line * 7 + $0 * (line % 9 + 1)) % words.count] }
        .joined(separator: " ") + (line % 10 == 9 ? ".\n" : ".")
    }.joined(separator: "\n") + "\n"

  /// The output folder.
  var output: String { folder.path("run") }

  /// The finished model.
  var model: String { output + "/model" }

  /// The command with the run's options, the data and then `more`.
  func command(data: [String]? = nil, _ more: String...) -> [String] {
    ["train", "--data"] + (data ?? [text]) + [
      "--output", output, "--model", folder.path("config.json"), "--vocabulary-size", "80",
      "--block-size", "16", "--micro-batch-size", "2", "--global-batch-size", "8", "--steps", "6",
      "--warmup-steps", "1", "--save-every", "2", "--threads", "1", "--log-every", "1",
    ] + more
  }

  /// Writes the config.json of a model of width 8.
  func writeConfiguration() throws {
    try folder.write(
      """
      {"model_type": "bert", "vocab_size": 80, "hidden_size": 8, "num_hidden_layers": 1,
       "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 16}
      """, to: "config.json")
  }

  /// Runs the command on as many ranks.
  func train(
    ranks: Int = 1, _ arguments: [String], environment: [String: String?] = [:]
  ) throws -> Subprocess.Result {
    try writeConfiguration()
    var environment = environment
    environment["LOCKSTEP_CACHE"] = folder.path("cache")
    guard ranks > 1 else {
      return try Subprocess.run(
        builtProgram("lockstep"), arguments, environment: environment)
    }
    return try lockstep(onRanks: ranks, arguments, environment: environment)
  }

  /// The bytes of the finished model's weights.
  func weights(in output: String? = nil) -> [UInt8]? {
    contents(of: (output ?? self.output) + "/model/model.safetensors")
  }
}
