public import Glibc

/// A program that a test starts and waits for.
public struct Subprocess {
  /// How a program ended and what it said.
  public struct Result: Sendable {
    /// The exit code, or 128 plus the signal that ended it.
    public let exitCode: Int32
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String
  }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - program: the path of the program.
  ///   - arguments: its arguments without its name.
  ///   - environment: variables that are set beside those of the test; nil removes one.
  ///   - input: what it reads from standard input.
  ///   - deadlineSeconds: after how many seconds it is killed.
  /// - Returns: how it ended and what it said.
  /// - Throws: `TestSupportError` if it cannot be started or does not end in time.
  public static func run(
    _ program: String, _ arguments: [String], environment: [String: String?] = [:],
    input: String = "", deadlineSeconds: Double = 60
  ) throws -> Result {
    let running = try Subprocess(program, arguments, environment: environment, input: input)
    return try running.wait(deadlineSeconds: deadlineSeconds)
  }

  /// The process that was started.
  public let processID: pid_t
  private let output: UnsafeMutablePointer<FILE>
  private let errors: UnsafeMutablePointer<FILE>

  /// Starts a program; its output goes to files, so that it never waits for a reader.
  ///
  /// - Throws: `TestSupportError` if it cannot be started.
  public init(
    _ program: String, _ arguments: [String], environment: [String: String?] = [:],
    input: String = ""
  ) throws {
    guard let output = tmpfile(), let errors = tmpfile(), let source = tmpfile() else {
      throw TestSupportError("no temporary files")
    }
    self.output = output
    self.errors = errors
    defer { fclose(source) }
    fputs(input, source)
    fflush(source)
    rewind(source)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, fileno(source), STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fileno(output), STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO)

    // Tests run on threads that take no signals, and a child inherits that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var words = ([program] + arguments).map { strdup($0) } + [nil]
    var variables = Self.variables(with: environment).map { strdup($0) } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var processID: pid_t = 0
    let status = posix_spawn(
      &processID, program, &actions, &attributes, &words, &variables)
    guard status == 0 else {
      throw TestSupportError("cannot start \(program): \(String(cString: strerror(status)))")
    }
    self.processID = processID
  }

  /// Waits for the program's end.
  ///
  /// - Throws: `TestSupportError` if it does not end in time; it is killed then.
  public func wait(deadlineSeconds: Double = 60) throws -> Result {
    defer {
      fclose(output)
      fclose(errors)
    }
    let deadline = ContinuousClock.now + .seconds(deadlineSeconds)
    var status: Int32 = 0
    while waitpid(processID, &status, WNOHANG) == 0 {
      guard ContinuousClock.now < deadline else {
        kill(processID, SIGKILL)
        waitpid(processID, &status, 0)
        throw TestSupportError(
          "process \(processID) did not end within \(deadlineSeconds) s; it said: "
            + Self.text(of: output) + Self.text(of: errors))
      }
      usleep(1_000)
    }
    let signal = status & 0x7F
    return Result(
      exitCode: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: Self.text(of: output),
      errors: Self.text(of: errors))
  }

  private static func variables(with changes: [String: String?]) -> [String] {
    var kept: [String] = []
    var entry = environ
    while let variable = entry.pointee {
      let text = String(cString: variable)
      if changes[String(text.prefix { $0 != "=" })] == nil { kept.append(text) }
      entry += 1
    }
    return kept
      + changes.keys.sorted().compactMap { name in
        (changes[name] ?? nil).map { name + "=" + $0 }
      }
  }

  private static func text(of file: UnsafeMutablePointer<FILE>) -> String {
    rewind(file)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
    }
  }
}
