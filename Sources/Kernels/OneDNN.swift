internal import CKernels
internal import COneDNN
internal import Glibc

/// oneDNN, held to one thread.
enum OneDNN {
  static func multiply(
    _ c: UnsafeMutablePointer<Float>, stride: Int, _ a: UnsafePointer<Float>, strideA: Int,
    transposedA: Bool, _ b: UnsafePointer<Float>, strideB: Int, transposedB: Bool, rows: Int,
    columns: Int, inner: Int, scale: Float, accumulates: Bool
  ) {
    prepareThread()
    let status = dnnl_sgemm(
      transposedA ? trans : noTrans, transposedB ? trans : noTrans, dnnl_dim_t(rows),
      dnnl_dim_t(columns), dnnl_dim_t(inner), scale, a, dnnl_dim_t(strideA), b, dnnl_dim_t(strideB),
      accumulates ? 1 : 0, c, dnnl_dim_t(stride))
    precondition(
      status == dnnl_success,
      "oneDNN refused a product of \(rows) × \(inner) × \(columns): status \(status.rawValue)")
  }

  /// Readies the calling thread for oneDNN: it works alone and takes no signals.
  ///
  /// OpenMP keeps its number of threads for each thread apart, so every one must say it.
  static func prepareThread() {
    guard ck_is_new_thread() == 1 else { return }
    setThreadCount?(1)
    ComputingThread.spareSignals()
  }

  private static let noTrans = CChar(UInt8(ascii: "N"))
  private static let trans = CChar(UInt8(ascii: "T"))

  /// OpenMP comes with oneDNN where that was built with it; otherwise there is nothing to hold.
  private static let setThreadCount: (@convention(c) (Int32) -> Void)? = {
    guard let symbol = dlsym(nil, "omp_set_num_threads") else { return nil }
    return unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Void).self)
  }()

  static let description: String = {
    guard let version = dnnl_version()?.pointee else { return "oneDNN" }
    return "oneDNN \(version.major).\(version.minor).\(version.patch) \(instructions)"
  }()

  /// The widest instructions that float32 products use.
  private static var instructions: String {
    switch dnnl_get_effective_cpu_isa().rawValue {
    case let isa where isa & dnnl_cpu_isa_avx512_core.rawValue == dnnl_cpu_isa_avx512_core.rawValue:
      "avx512"
    case let isa where isa & dnnl_cpu_isa_avx2.rawValue == dnnl_cpu_isa_avx2.rawValue: "avx2"
    case let isa where isa & dnnl_cpu_isa_avx.rawValue == dnnl_cpu_isa_avx.rawValue: "avx"
    default: "baseline"
    }
  }
}
