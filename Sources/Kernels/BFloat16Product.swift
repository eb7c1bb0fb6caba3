internal import CKernels
internal import COneDNN
internal import Synchronization

/// A row-major matrix of bfloat16 in memory, or the transpose of one.
public struct BFloat16Operand {
  let pointer: UnsafePointer<UInt16>
  let stride: Int
  let isTransposed: Bool

  /// A matrix whose rows lie `stride` elements apart.
  public init(_ pointer: UnsafePointer<UInt16>, stride: Int, transposed: Bool = false) {
    self.pointer = pointer
    self.stride = stride
    isTransposed = transposed
  }

  fileprivate func skipping(rows: Int) -> UnsafePointer<UInt16> {
    isTransposed ? pointer + rows : pointer + rows * stride
  }
}

/// Products of bfloat16 matrices that are summed up and stored as float32, by oneDNN.
///
/// oneDNN's fast kernels want rows without gaps and a left operand as it lies (measured, see
/// Documentation/Numerics.md), so results are cut by rows only.
public enum BFloat16Product {
  /// Computes `c = a · b`, or adds it to `c`; arguments as in `MatrixProduct.multiply`.
  ///
  /// - Precondition: `BFloat16.isSupported`.
  public static func multiply(
    into c: UnsafeMutablePointer<Float>, stride: Int, _ a: BFloat16Operand, _ b: BFloat16Operand,
    rows: Int, columns: Int, inner: Int, accumulates: Bool = false, isShared: Bool = true
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    func compute(_ range: Range<Int>) {
      CompiledProduct.of(
        .init(
          rows: range.count, columns: columns, inner: inner, strideA: a.stride,
          transposedA: a.isTransposed, strideB: b.stride, transposedB: b.isTransposed,
          stride: stride, accumulates: accumulates)
      ).run(
        c + range.lowerBound * stride, a.skipping(rows: range.lowerBound), b.pointer)
    }
    // These products run about eight times faster, so they must be larger to be worth cutting.
    guard isShared else { return compute(0..<rows) }
    let cuts = ProductCuts(side: rows, work: rows * columns * inner / 8)
    Profiler.shared.kernel(
      "product bf16", flops: 2 * Double(rows) * Double(columns) * Double(inner),
      bytes: Double(2 * (rows + columns) * inner + 4 * rows * columns),
      shape: [rows, columns, inner]
    ) {
      ThreadPool.shared.run(cuts.pieceCount) { piece in
        compute(cuts.range(of: piece, side: rows))
      }
    }
  }
}

/// A product of one size, compiled by oneDNN when it is first asked for.
private final class CompiledProduct: @unchecked Sendable {
  struct Size: Hashable {
    let rows, columns, inner: Int
    let strideA: Int
    let transposedA: Bool
    let strideB: Int
    let transposedB: Bool
    let stride: Int
    let accumulates: Bool
  }

  private static let compiled = Mutex<[Size: CompiledProduct]>([:])

  /// oneDNN's engine and stream of this process; neither holds a state on a processor.
  private nonisolated(unsafe) static let device: (engine: dnnl_engine_t?, stream: dnnl_stream_t?) =
    {
      var engine: dnnl_engine_t?
      check(dnnl_engine_create(&engine, dnnl_cpu, 0))
      var stream: dnnl_stream_t?
      check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue))
      return (engine, stream)
    }()

  static func of(_ size: Size) -> CompiledProduct {
    if let found = compiled.withLock({ $0[size] }) { return found }
    let made = CompiledProduct(size)
    return compiled.withLock { products in
      if let found = products[size] { return found }
      products[size] = made
      return made
    }
  }

  private let primitive: dnnl_primitive_t?
  private var a, b, c, scratch: dnnl_memory_desc_t
  private let scratchBytes: Int

  private init(_ size: Size) {
    OneDNN.prepareThread()
    a = Self.matrix(size.rows, size.inner, size.strideA, size.transposedA, dnnl_bf16)
    b = Self.matrix(size.inner, size.columns, size.strideB, size.transposedB, dnnl_bf16)
    c = Self.matrix(size.rows, size.columns, size.stride, false, dnnl_f32)
    var attributes: dnnl_primitive_attr_t?
    check(dnnl_primitive_attr_create(&attributes))
    defer { dnnl_primitive_attr_destroy(attributes) }
    // The scratch memory is ours, because several threads run one product at the same time.
    check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user))
    var sum: dnnl_post_ops_t?
    if size.accumulates {
      check(dnnl_post_ops_create(&sum))
      check(dnnl_post_ops_append_sum(sum, 1))
      check(dnnl_primitive_attr_set_post_ops(attributes, sum))
    }
    defer { if size.accumulates { dnnl_post_ops_destroy(sum) } }
    var operation = dnnl_matmul_desc_t()
    check(dnnl_matmul_desc_init(&operation, &a, &b, nil, &c))
    var description: dnnl_primitive_desc_t?
    check(dnnl_primitive_desc_create(&description, &operation, attributes, Self.device.engine, nil))
    defer { dnnl_primitive_desc_destroy(description) }
    guard let needed = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0) else {
      preconditionFailure("oneDNN does not say what memory a product needs")
    }
    scratch = needed.pointee
    scratchBytes = dnnl_memory_desc_get_size(needed)
    var primitive: dnnl_primitive_t?
    check(dnnl_primitive_create(&primitive, description))
    self.primitive = primitive
  }

  private static func matrix(
    _ rows: Int, _ columns: Int, _ stride: Int, _ isTransposed: Bool, _ type: dnnl_data_type_t
  ) -> dnnl_memory_desc_t {
    var description = dnnl_memory_desc_t()
    var extents = [dnnl_dim_t](repeating: 0, count: Int(DNNL_MAX_NDIMS))
    var strides = extents
    (extents[0], extents[1]) = (dnnl_dim_t(rows), dnnl_dim_t(columns))
    strides[0] = isTransposed ? 1 : dnnl_dim_t(stride)
    strides[1] = isTransposed ? dnnl_dim_t(stride) : 1
    check(dnnl_memory_desc_init_by_strides(&description, 2, &extents, type, &strides))
    return description
  }

  func run(
    _ c: UnsafeMutablePointer<Float>, _ a: UnsafePointer<UInt16>, _ b: UnsafePointer<UInt16>
  ) {
    OneDNN.prepareThread()
    let scratch = ck_thread_scratch(Int64(max(scratchBytes, 64)))
    precondition(scratch != nil, "no memory for \(scratchBytes) bytes of scratch")
    func memory(_ description: dnnl_memory_desc_t, _ pointer: UnsafeMutableRawPointer?)
      -> dnnl_memory_t?
    {
      var made: dnnl_memory_t?
      withUnsafePointer(to: description) {
        check(dnnl_memory_create(&made, $0, Self.device.engine, pointer))
      }
      return made
    }
    let arguments = [
      dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: memory(self.a, .init(mutating: a))),
      dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: memory(self.b, .init(mutating: b))),
      dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: memory(self.c, c)),
      dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: memory(self.scratch, scratch)),
    ]
    check(
      dnnl_primitive_execute(primitive, Self.device.stream, Int32(arguments.count), arguments))
    for argument in arguments { dnnl_memory_destroy(argument.memory) }
  }
}

private func check(_ status: dnnl_status_t, _ line: Int = #line) {
  precondition(
    status == dnnl_success, "oneDNN refused a product: status \(status.rawValue), line \(line)")
}
