internal import Glibc

/// How fast this machine multiplies matrices when it does nothing else.
public enum MatrixProductCeiling {
  /// The best rate of large products on the pool's threads.
  ///
  /// - Parameters:
  ///   - runs: How many products are timed, for each of three shapes of a transformer.
  ///   - rounded: Whether operands are bfloat16.
  /// - Returns: Floating-point operations per second, two for each multiply-add.
  public static func measure(runs: Int = 12, rounded: Bool = false) -> Double {
    let shapes = [(1_024, 768, 3_072), (1_024, 3_072, 768), (3_072, 768, 1_024)]
    return shapes.map {
      rate(rows: $0.0, columns: $0.1, inner: $0.2, runs: runs, rounded: rounded)
    }.max() ?? 0
  }

  private static func rate(
    rows: Int, columns: Int, inner: Int, runs: Int, rounded: Bool
  ) -> Double {
    let sizes = [rows * inner, inner * columns, rows * columns]
    let memory = sizes.map { count in
      let floats = UnsafeMutablePointer<Float>.allocate(capacity: count)
      floats.initialize(repeating: 0.5, count: count)
      return floats
    }
    defer { memory.forEach { $0.deallocate() } }
    var best = Double.infinity
    for _ in 0..<runs {
      let start = seconds()
      MatrixProduct.multiply(
        into: memory[2], stride: columns, MatrixOperand(memory[0], stride: inner),
        MatrixOperand(memory[1], stride: columns), rows: rows, columns: columns, inner: inner,
        rounds: rounded)
      best = min(best, seconds() - start)
    }
    return 2 * Double(rows) * Double(columns) * Double(inner) / best
  }

  private static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + 1e-9 * Double(now.tv_nsec)
  }
}
