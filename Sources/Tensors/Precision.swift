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
