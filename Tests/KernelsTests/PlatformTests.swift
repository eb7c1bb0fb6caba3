import Kernels
import Testing

struct PlatformTests {
  @Test func kernelsAreNamed() {
    #expect(
      ["x86-64-v4", "x86-64-v3", "x86-64", "arm64", "generic"].contains(Platform.kernelLevel))
    #expect(!Platform.blasCore.isEmpty && Platform.blasCore != "unknown")
    #expect(Platform.description.contains(Platform.blasCore))
    #expect(Platform.description.contains(Platform.kernelLevel))
    #expect(Platform.blasConfiguration.contains("OpenBLAS"))
  }
}
