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
    let roundedX = Storage(roundedRows: rows, columns: inner)
    let roundedW = Storage(roundedRows: columns, columns: inner)
    func shortest(_ body: () -> Void) -> Duration {
      (0..<5).map { _ in ContinuousClock().measure(body) }.min() ?? .zero
    }
    let exact = shortest {
      MatrixProduct.multiply(
        into: y.pointer, stride: columns, MatrixOperand(x.pointer, stride: inner),
        MatrixOperand(w.pointer, stride: inner, transposed: true), rows: rows, columns: columns,
        inner: inner)
    }
    let rounded = shortest {
      BFloat16.convert(roundedX.rounded, x.pointer, rows: rows, columns: inner)
      BFloat16Product.multiply(
        into: y.pointer, stride: columns, BFloat16Operand(roundedX.rounded, stride: inner),
        BFloat16Operand(roundedW.rounded, stride: inner, transposed: true), rows: rows,
        columns: columns, inner: inner)
    }
    extendLifetime([x, w, y, roundedX, roundedW])
    return rounded * 1.1 < exact ? .bfloat16 : .float32
  }
}

extension ParameterStore {
  /// The bfloat16 copy of neighbouring parameters; rounded anew where the values have changed.
  func rounded(_ parameters: [Parameter]) -> UnsafePointer<UInt16> {
    let storage = roundedMemory ?? Storage(zeros: (count + 1) / 2)
    roundedMemory = storage
    let base = storage.rounded
    for parameter in parameters where parameter.roundedGeneration != generation {
      BFloat16.convert(base + parameter.offset, parameter.values, count: parameter.count)
      parameter.roundedGeneration = generation
    }
    return UnsafePointer(base + parameters[0].offset)
  }
}

extension Storage {
  /// Memory for the rounded copy of a matrix, with rows behind it that hold zeros.
  convenience init(roundedRows rows: Int, columns: Int) {
    self.init(count: (BFloat16.paddedRows(rows) * columns + 1) / 2)
  }

  /// The memory as bfloat16.
  var rounded: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt16.self)
  }
}
