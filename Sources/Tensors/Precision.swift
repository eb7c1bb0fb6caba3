internal import Kernels

/// What the matrix products of linear maps read; they sum up and store float32 in any case.
///
/// Parameters, gradients, moments and reductions are float32 whatever the precision.
/// Source: Micikevicius et al. 2018; `torch.autocast("cpu", dtype=torch.bfloat16)`.
public enum Precision: String, Sendable, CaseIterable {
  /// Operands as they are.
  case float32 = "fp32"
  /// Operands rounded to bfloat16: 8 bits of precision instead of 24.
  case bfloat16 = "bf16"

  /// Whether this processor has instructions for it.
  public var isSupported: Bool { self == .float32 || BFloat16.isSupported }

  /// The precision in which this processor multiplies a layer's matrices in less time, rounding
  /// included; bfloat16 has to win by a tenth.
  public static func fastest() -> Precision {
    guard bfloat16.isSupported else { return .float32 }
    let (rows, columns, inner) = (512, 1_024, 512)
    let x = Storage(zeros: rows * inner)
    let w = Storage(zeros: columns * inner)
    let y = Storage(count: rows * columns)
    func shortest(_ body: () -> Void) -> Duration {
      (0..<5).map { _ in ContinuousClock().measure(body) }.min() ?? .zero
    }
    func product(rounds: Bool) -> Duration {
      shortest {
        MatrixProduct.multiply(
          into: y.pointer, stride: columns, MatrixOperand(x.pointer, stride: inner),
          MatrixOperand(w.pointer, stride: inner, transposed: true), rows: rows, columns: columns,
          inner: inner, rounds: rounds)
      }
    }
    let (exact, rounded) = (product(rounds: false), product(rounds: true))
    extendLifetime([x, w, y])
    return rounded * 1.1 < exact ? .bfloat16 : .float32
  }
}
