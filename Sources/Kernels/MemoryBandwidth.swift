internal import CKernels

/// How fast this machine moves memory that no cache holds.
public enum MemoryBandwidth {
  /// The best rate of updates like AdamW's on the pool's threads.
  ///
  /// - Returns: Bytes read and written per second: 28 for each of many parameters.
  public static func measure() -> Double {
    let count = 20 << 20
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 4 * count)
    memory.initialize(repeating: 0, count: 4 * count)
    defer { memory.deallocate() }
    let settings = ck_adamw(
      learning_rate: 1e-6, beta2: 0.999, first_share: 0.1, second_share: 0.001, epsilon: 1e-8,
      decay: 0, gradient_scale: 1, first_correction: 0.1, second_correction: 0.03)
    let best = (0..<4).map { _ in
      ContinuousClock().measure {
        AdamWKernel.update(
          parameters: memory, first: memory + count, second: memory + 2 * count,
          gradients: memory + 3 * count, count: count, settings)
      }
    }.min()
    return best.map { 28 * Double(count) / ($0 / .seconds(1)) } ?? 0
  }
}
