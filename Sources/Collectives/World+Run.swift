internal import Diagnostics
internal import Glibc

extension World {
  /// Opens the world, does the program's work in it and ends the process: with code 0 when all
  /// ranks are done, or, if a rank throws, with its error printed once and its exit code on every
  /// rank.
  ///
  /// - Parameter body: the program.
  public static func run(_ body: (any Communicator) throws -> Void) -> Never {
    do {
      let world = try open()
      do {
        try body(world)
        try world.close()
      } catch {
        end(world, because: error)
      }
    } catch {
      report(error)
      exit(exitCode(of: error).rawValue)
    }
    exit(0)
  }

  /// Ends every process of a world with an error's exit code, after the rank that is to report it
  /// has printed it.
  public static func end(_ world: any Communicator, because error: any Error) -> Never {
    if (error as? any WorldDiagnostic)?.isReportedHere ?? true {
      report(error, rank: world.worldSize > 1 ? world.rank : nil)
    } else {
      // The rank that reports ends this one; if it cannot, this one ends by itself.
      var grace = timespec(tv_sec: 2, tv_nsec: 0)
      nanosleep(&grace, nil)
    }
    world.abort(exitCode(of: error))
  }

  private static func report(_ error: any Error, rank: Int? = nil) {
    let place = rank.map { " (rank \($0))" } ?? ""
    let line = Array("error\(place): \(error)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static func exitCode(of error: any Error) -> ExitCode {
    (error as? any Diagnostic)?.exitCode ?? .internalError
  }
}
