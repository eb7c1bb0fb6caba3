import Kernels
import Testing

struct PlatformTests {
  @Test func kernelsAreNamed() {
    #expect(
      ["x86-64-v4", "x86-64-v3", "x86-64", "arm64", "generic"].contains(Platform.kernelLevel))
    #expect(
      ["own products", "OpenBLAS"].contains { Platform.matrixLibrary.hasPrefix($0) })
    for rounding in [false, true] {
      let description = Platform.description(rounding: rounding)
      #expect(description.contains(Platform.matrixLibrary))
      #expect(description.contains(Platform.kernelLevel))
      #expect(description.contains("for bf16") == rounding)
      #expect(Platform.arithmetic(rounding: rounding).contains("for bf16") == rounding)
    }
  }
}
