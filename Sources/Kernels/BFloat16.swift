internal import CKernels
internal import COneDNN
internal import Glibc

/// Numbers with float32's range and 8 bits of precision, as matrix products may read them.
public enum BFloat16 {
  /// Whether this processor multiplies them with instructions of their own.
  public static let isSupported: Bool = {
    let isa = dnnl_get_effective_cpu_isa().rawValue
    let needed = dnnl_cpu_isa_avx512_core_bf16.rawValue
    return isa & needed == needed
  }()

  /// The instructions that products use, such as `amx`.
  public static let instructions: String = {
    let isa = dnnl_get_effective_cpu_isa().rawValue
    let tiles = dnnl_cpu_isa_avx512_core_amx.rawValue
    return isa & tiles == tiles ? "amx-bf16" : isSupported ? "avx512-bf16" : "none"
  }()

  /// The rows that a product computes for `rows` rows: the number of masked tokens changes with every
  /// micro-batch, and a product of another size would be compiled anew.
  public static func paddedRows(_ rows: Int) -> Int { (rows + 15) / 16 * 16 }

  /// Rounds `[rows, columns]` and writes zeros behind it, up to `paddedRows(rows)`.
  public static func convert(
    _ y: UnsafeMutablePointer<UInt16>, _ x: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    convert(y, x, count: rows * columns)
    let padding = (paddedRows(rows) - rows) * columns
    memset(y + rows * columns, 0, padding * MemoryLayout<UInt16>.size)
  }

  /// Rounds `[rows, columns]` into its transpose `[columns, paddedRows(rows)]`, with zeros behind the
  /// rows.
  public static func convertTransposed(
    _ y: UnsafeMutablePointer<UInt16>, _ x: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    let width = columns < 1_024 ? 128 : 256
    let padded = paddedRows(rows)
    Profiler.shared.kernel("rounding", bytes: Double(6 * rows * columns)) {
      ThreadPool.shared.run((columns + width - 1) / width) { piece in
        ck_to_bfloat16_transposed(
          y, x, Int64(rows), Int64(padded), Int64(columns), Int64(piece * width),
          Int64(min(columns, (piece + 1) * width)))
      }
    }
  }

  /// Rounds `count` numbers.
  public static func convert(
    _ y: UnsafeMutablePointer<UInt16>, _ x: UnsafePointer<Float>, count: Int
  ) {
    ElementwiseKernel.forEachPiece(of: count, "rounding", bytes: 6) { range in
      ck_to_bfloat16(y + range.lowerBound, x + range.lowerBound, Int64(range.count))
    }
  }
}
