import Collectives
import DataParallel
import Glibc
import Testing

/// The reducer over the processes that mpirun has started: see scripts/test-mpi.sh.
@Suite(.enabled(if: getenv("OMPI_COMM_WORLD_SIZE") != nil, "runs under mpirun"))
struct MPIGradientReducerTests {
  /// One test, so that all ranks do the same in one order.
  @Test func bothModesKeepTheBitsOfTheTree() throws {
    let world = try World.open()
    for cut in BucketCut.allCases {
      for mode in [GradientReducer.Mode.sharedMemory, .exchange, .automatic] {
        world.phase = "\(mode), \(cut)"
        #expect(throws: Never.self) {
          _ = try reduceSamples(world, mode, cut, counts: stepSizes)
        }
      }
    }
    try world.close()
  }
}
