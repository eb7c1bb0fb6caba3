import Files
import Glibc
import Testing

struct ProcessIdentityTests {
  private let current = ProcessIdentity.current

  private func changed(_ key: String, _ value: JSON) throws -> ProcessIdentity {
    var members = try #require(current.json.object)
    members[key] = value
    return try #require(ProcessIdentity(.object(members)))
  }

  @Test func aProcessKnowsItself() throws {
    #expect(current.processID == Int(getpid()))
    #expect(!current.host.isEmpty)
    #expect(current.bootID.utf8.count == 36)
    #expect(current.time.hasPrefix("20") && current.time.hasSuffix("Z"))
    #expect(ProcessIdentity(current.json) == current)
    #expect(ProcessIdentity(["host": "h"]) == nil)
  }

  @Test func onlyWhatIsKnownToBeDeadIsDead() throws {
    #expect(current.mayBeAlive)
    #expect(try changed("host", "another").mayBeAlive)
    #expect(try changed("pid", 1).mayBeAlive)
    // Larger than any number that Linux gives.
    #expect(try !changed("pid", 5_000_000).mayBeAlive)
    #expect(try !changed("pid", JSON(Int.max)).mayBeAlive)
    #expect(try !changed("boot_id", "before").mayBeAlive)
  }
}
