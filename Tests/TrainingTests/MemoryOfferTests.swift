import Testing
import Training

struct MemoryOfferTests {
  private static let memory = "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable: 8000 kB\n"

  private func smallest(_ files: [String: String]) -> MemoryOffer? {
    MemoryOffer.smallest { files[$0] }
  }

  @Test func withoutControlGroupsTheSystemOffersWhatIsFree() {
    #expect(
      smallest(["/proc/meminfo": Self.memory])
        == MemoryOffer(byteCount: 8_192_000, source: "free memory of the machine"))
    #expect(smallest([:]) == nil)
  }

  @Test func theFirstVersionOffersItsLimitLessWhatIsUsed() {
    let offer = smallest([
      "/proc/meminfo": Self.memory, "/proc/self/cgroup": "5:cpu:/x\n4:memory:/jobs/one\n0::/\n",
      "/sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes": "5000000\n",
      "/sys/fs/cgroup/memory/jobs/one/memory.usage_in_bytes": "2000000\n",
      "/sys/fs/cgroup/memory/jobs/one/memory.stat":
        "total_cache 700000\ntotal_inactive_file 400000\ntotal_active_file 100000\n",
    ])
    #expect(offer == MemoryOffer(byteCount: 3_500_000, source: "control group's memory limit"))
  }

  @Test func theSecondVersionOffersTheLeastOfAllGroupsAbove() {
    let offer = smallest([
      "/proc/meminfo": Self.memory, "/proc/self/cgroup": "0::/jobs/one\n",
      "/sys/fs/cgroup/jobs/one/memory.max": "max\n",
      "/sys/fs/cgroup/jobs/memory.max": "3000000\n",
      "/sys/fs/cgroup/jobs/memory.current": "1000000\n",
      "/sys/fs/cgroup/jobs/memory.stat": "inactive_file 0\n",
    ])
    #expect(offer?.byteCount == 2_000_000)
  }

  @Test func aGroupThatIsOnlyVisibleAtItsRootCounts() {
    let offer = smallest([
      "/proc/meminfo": Self.memory, "/proc/self/cgroup": "4:memory:/host/path/of/container\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "2000000\n",
    ])
    #expect(offer?.byteCount == 0)
  }

  @Test(arguments: ["", "garbage", ":::", "0::", "4:memory:/a", "4:memory:a//b"])
  func filesOfAnyFormAreNoError(groups: String) {
    let offer = smallest([
      "/proc/meminfo": Self.memory, "/proc/self/cgroup": groups,
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory.max": "-\n",
    ])
    #expect(offer?.byteCount == 8_192_000)
  }
}
