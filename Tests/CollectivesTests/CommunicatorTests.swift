import Collectives
import Testing

struct CommunicatorTests {
  @Test(arguments: ConformanceCheck.all)
  func soloWorldConforms(to check: ConformanceCheck) throws {
    try check.run(SoloWorld())
  }

  @Test(arguments: ConformanceCheck.all, 1...8)
  func threadWorldConforms(to check: ConformanceCheck, ranks: Int) throws {
    _ = try ThreadWorld.run(ranks: ranks, check.run)
  }

  @Test(arguments: ConformanceCheck.all)
  func threadWorldOfSeveralNodesConforms(to check: ConformanceCheck) throws {
    _ = try ThreadWorld.run(ranks: 5, ranksPerNode: 2, check.run)
  }
}
