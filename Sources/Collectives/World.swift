internal import Glibc

/// The world in which this process was started.
public enum World {
  /// Joins the ranks that mpirun or Slurm has started; alone, the process is a world and needs no MPI.
  ///
  /// All ranks must call it, once in a process.
  ///
  /// Set in the environment, `LOCKSTEP_TIMEOUT` is the time in seconds, 300 by default, that a rank
  /// waits for others.
  ///
  /// - Returns: the communicator, which belongs to the calling thread.
  /// - Throws: `CollectiveError.setting`, `.transport` or `.worldSize`.
  public static func open() throws -> any Communicator {
    try open(environment: variable)
  }

  /// Joins the world that some environment describes.
  ///
  /// - Parameter environment: the value of a variable, nil if it is not set.
  /// - Returns: the communicator.
  /// - Throws: as `open()`.
  package static func open(environment: (String) -> String?) throws -> any Communicator {
    let timeout = try timeout(environment("LOCKSTEP_TIMEOUT"))
    let stated = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"].compactMap { name in
      environment(name).flatMap(Int.init).map { (name: name, size: $0) }
    }.first
    guard stated?.size ?? (environment("PMIX_RANK") == nil ? 1 : 2) > 1 else {
      return SoloWorld(timeout: timeout)
    }
    let world = try MPIWorld(timeout: timeout)
    if let stated, stated.size != world.worldSize {
      throw CollectiveError.worldSize(
        variable: stated.name, stated: stated.size, found: world.worldSize)
    }
    return world
  }

  private static func timeout(_ text: String?) throws -> Duration {
    guard let text else { return .seconds(300) }
    guard let seconds = Double(text), seconds > 0, seconds <= 1e6 else {
      throw CollectiveError.setting(
        name: "LOCKSTEP_TIMEOUT", value: text, expected: "seconds above 0 and up to 1000000")
    }
    return .seconds(seconds)
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
