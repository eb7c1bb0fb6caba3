internal import CKernels
internal import Glibc

/// OpenBLAS, loaded when first used and held to one thread.
///
/// It reads its environment while it is loaded, starts threads then, and takes its oldest kernels on
/// processors that are newer than itself, so what it should read is set before.
struct OpenBLAS {
  static let shared = OpenBLAS()

  /// `cblas_sgemm` with its enumerations as the integers that they are.
  private typealias Product =
    @convention(c) (
      _ order: Int32, _ transA: Int32, _ transB: Int32, Int32, Int32, Int32, Float,
      UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>,
      Int32
    ) -> Void

  private let product: Product
  let description: String

  private init() {
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    switch String(cString: ck_level()) {
    case "x86-64-v4": setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
    case "x86-64-v3": setenv("OPENBLAS_CORETYPE", "Haswell", 0)
    default: break
    }
    guard let library = dlopen("libopenblas.so.0", RTLD_NOW),
      let symbol = dlsym(library, "cblas_sgemm")
    else {
      MatrixLibrary.stop(
        "OpenBLAS: libopenblas.so.0 cannot be loaded: install libopenblas0", code: 71)
    }
    product = unsafeBitCast(symbol, to: Product.self)
    typealias Name = @convention(c) () -> UnsafePointer<CChar>?
    let name = dlsym(library, "openblas_get_corename").flatMap {
      unsafeBitCast($0, to: Name.self)()
    }
    description = "OpenBLAS " + (name.map { String(cString: $0) } ?? "unknown")
  }

  func multiply(
    _ c: UnsafeMutablePointer<Float>, stride: Int, _ a: MatrixOperand, _ b: MatrixOperand,
    rows: Int, columns: Int, inner: Int, scale: Float, accumulates: Bool
  ) {
    let (rowMajor, noTrans, trans): (Int32, Int32, Int32) = (101, 111, 112)
    product(
      rowMajor, a.isTransposed ? trans : noTrans, b.isTransposed ? trans : noTrans, Int32(rows),
      Int32(columns), Int32(inner), scale, a.pointer, Int32(a.stride), b.pointer, Int32(b.stride),
      accumulates ? 1 : 0, c, Int32(stride))
  }
}
