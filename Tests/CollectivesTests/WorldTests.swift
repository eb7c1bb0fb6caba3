import Collectives
import Diagnostics
import Testing

struct WorldTests {
  @Test(arguments: [[:], ["OMPI_COMM_WORLD_SIZE": "1"], ["PMI_SIZE": "1", "PMIX_RANK": "0"]])
  func oneRankNeedsNoMPI(environment: [String: String]) throws {
    let world = try World.open { environment[$0] }
    #expect(world is SoloWorld)
    #expect(world.timeout == .seconds(300))
  }

  @Test func timeoutComesFromTheEnvironment() throws {
    let world = try World.open { $0 == "LOCKSTEP_TIMEOUT" ? "2.5" : nil }
    #expect(world.timeout == .milliseconds(2500))
  }

  @Test(arguments: ["", "soon", "0", "-1", "nan", "inf", "1e9"])
  func timeoutThatIsNoTimeIsAnError(text: String) {
    let expected = CollectiveError.setting(
      name: "LOCKSTEP_TIMEOUT", value: text, expected: "seconds above 0 and up to 1000000")
    #expect(throws: expected) {
      _ = try World.open { $0 == "LOCKSTEP_TIMEOUT" ? text : nil }
    }
    #expect(expected.exitCode == .configuration)
  }
}
