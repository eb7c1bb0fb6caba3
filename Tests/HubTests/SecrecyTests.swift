import Files
import Glibc
import Hub
import TestSupport
import Testing

/// A token's way ends in this process.
///
/// What is tested holds for a whole process, so each test has one.
struct SecrecyTests {
  @Test func memoryIsClosedWhileATokenIsHeld() async {
    await #expect(processExitsWith: .success) {
      let home = try TemporaryFolder()
      let hub = try FakeHub()
      try #require(ProcessSecrecy.isDumpable)
      do {
        var settings = try hub.settings(cache: home.path)
        settings.token = "hf_secret"
        var wasOpen = false
        _ = try Hub.snapshot(
          of: try #require(HubName(FakeHub.name)), settings: settings,
          beat: { wasOpen = wasOpen || ProcessSecrecy.isDumpable })
        let another = settings
        settings.token = nil
        #expect(!wasOpen && another.token == "hf_secret" && !ProcessSecrecy.isDumpable)
      }
      #expect(ProcessSecrecy.isDumpable)
      #expect(coreLimit() == 0)
    }
  }

  @Test func withoutATokenEverythingStaysAsItWas() async {
    await #expect(processExitsWith: .success) {
      let before = coreLimit()
      let home = try TemporaryFolder()
      let hub = try FakeHub()
      _ = try Hub.snapshot(
        of: try #require(HubName(FakeHub.name)), settings: try hub.settings(cache: home.path),
        beat: { #expect(ProcessSecrecy.isDumpable) })
      unsetenv("HF_TOKEN")
      unsetenv("HUGGING_FACE_HUB_TOKEN")
      HubSettings.keepTokenOutOfCoreFiles()
      #expect(ProcessSecrecy.isDumpable && coreLimit() == before)
    }
  }

  @Test(arguments: ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
  func aTokenOfTheEnvironmentForbidsCoreFiles(variable: String) async {
    await #expect(processExitsWith: .success) { [variable] in
      setenv(variable, "hf_secret", 1)
      HubSettings.keepTokenOutOfCoreFiles()
      #expect(coreLimit() == 0 && ProcessSecrecy.isDumpable)
    }
  }
}

/// The most bytes that a core file of this process may have.
private func coreLimit() -> UInt {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
  return UInt(limit.rlim_cur)
}
