import Kernels
import Testing

struct PlatformTests {
  @Test func kernelsAreNamed() {
    #expect(
      ["x86-64-v4", "x86-64-v3", "x86-64", "arm64", "generic"].contains(Platform.kernelLevel))
    #expect(["oneDNN", "OpenBLAS"].contains { Platform.matrixLibrary.hasPrefix($0) })
    #expect(Platform.description.contains(Platform.matrixLibrary))
    #expect(Platform.description.contains(Platform.kernelLevel))
  }
}
