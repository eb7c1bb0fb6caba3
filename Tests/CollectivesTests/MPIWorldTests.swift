import Collectives
import Glibc
import Testing

/// The world of the processes that mpirun has started: see scripts/test-mpi.sh.
@Suite(.enabled(if: getenv("OMPI_COMM_WORLD_SIZE") != nil, "runs under mpirun"))
struct MPIWorldTests {
  /// All checks in one test, so that all ranks run them in one order.
  @Test func mpiWorldConforms() throws {
    let world = try World.open()
    #expect(world is MPIWorld)
    #expect(world.sharesMemory)
    for check in ConformanceCheck.all {
      world.phase = check.name
      #expect(throws: Never.self, "\(check.name)") { try check.run(world) }
    }

    world.phase = "full shared memory"
    let error = #expect(throws: (any Error).self) {
      try world.allocateShared(byteCount: 1 << 50)
    }
    #expect("\(try #require(error))".contains("of shared memory are needed"))
    try world.close()
  }
}
