internal import CKernels
internal import Kernels

extension Tensor {
  /// Multi-head attention over packed sequences.
  ///
  /// Sequence s has the rows `queryOffsets[s]..<queryOffsets[s + 1]` of the queries and
  /// `keyOffsets[s]..<keyOffsets[s + 1]` of keys and values, and attends only to itself: what a
  /// padding mask does for padded batches. Source: Vaswani et al. 2017;
  /// `torch.nn.functional.scaled_dot_product_attention`.
  ///
  /// - Parameters:
  ///   - queries: `[queryRows, width]`, heads side by side in the columns.
  ///   - keys: `[keyRows, width]`.
  ///   - values: `[keyRows, width]`.
  ///   - queryOffsets: One more than there are sequences.
  ///   - keyOffsets: One more than there are sequences.
  ///   - headCount: Must divide `width`.
  ///   - bias: Added to the scores by distance; nil for none.
  ///   - dropout: Of the attention probabilities; nil for none.
  ///   - precision: Of the factors of products.
  /// - Returns: `[queryRows, width]`.
  public static func attention(
    queries: Tensor, keys: Tensor, values: Tensor, queryOffsets: [Int32], keyOffsets: [Int32],
    headCount: Int, bias: DistanceBias? = nil, dropout: Dropout? = nil,
    precision: Precision = .float32
  ) -> Tensor {
    attention(
      queries: Columns(queries), keys: Columns(keys), values: Columns(values),
      queryOffsets: queryOffsets, keyOffsets: keyOffsets, headCount: headCount, bias: bias,
      dropout: dropout, precision: precision)
  }

  /// The same for operands that are some columns of wider matrices.
  ///
  /// - Precondition: All columns of every tensor are used exactly once.
  public static func attention(
    queries: Columns, keys: Columns, values: Columns, queryOffsets: [Int32], keyOffsets: [Int32],
    headCount: Int, bias: DistanceBias? = nil, dropout: Dropout? = nil,
    precision: Precision = .float32
  ) -> Tensor {
    let width = attentionWidth(
      queries, keys, values, queryCount: Int(queryOffsets.last ?? 0), keyOffsets: keyOffsets,
      headCount: headCount)
    let layout = AttentionKernel.Layout(
      queryOffsets: queryOffsets, keyOffsets: keyOffsets, headCount: headCount,
      headSize: width / headCount)
    let rows = queries.tensor.shape[0]
    let y = Storage(count: rows * width)
    let biases = bias?.spread(headCount: headCount)
    let inputs = AttentionKernel.Inputs(
      q: queries.operand, k: keys.operand, v: values.operand, layout,
      bias: biases.flatMap { values in
        bias.map { RelativeBias(values.pointer, span: $0.span, queryPlaces: $0.queryPlaces) }
      }, dropout: dropout?.stream ?? .none, rounds: precision == .bfloat16)
    let scratch = Storage(count: layout.scratchCount)
    AttentionKernel.forward(
      output: .init(y.pointer, stride: width), inputs, scratch: scratch.pointer)
    extendLifetime(scratch)
    extendLifetime(biases)
    let tables = bias.map { [$0.table.tensor] } ?? []
    return attentionResult(y, width, [queries, keys, values], with: tables) { dy, slopes in
      let scratch = Storage(count: layout.scratchCount)
      let dbiases = biases.map { Storage(count: layout.sequenceCount * $0.count) }
      dbiases?.clear()
      AttentionKernel.backward(
        dq: slopes[0], dk: slopes[1], dv: slopes[2], doutput: .init(dy.pointer, stride: width),
        dbias: dbiases?.pointer, inputs, scratch: scratch.pointer)
      if let bias, let dbiases {
        bias.gather(dbiases, headCount: headCount, sequenceCount: layout.sequenceCount)
      }
      extendLifetime(biases)
      extendLifetime(scratch)
    }
  }

  /// The width of attention's operands.
  ///
  /// - Precondition: They fit one another, the number of heads, and where sequences end.
  static func attentionWidth(
    _ queries: Columns, _ keys: Columns, _ values: Columns, queryCount: Int, keyOffsets: [Int32],
    headCount: Int
  ) -> Int {
    let width = queries.columns.count
    precondition(
      keys.columns.count == width && values.columns.count == width && width % headCount == 0,
      "attention: \(headCount) heads, widths \(width), \(keys.columns), \(values.columns)")
    precondition(
      queryCount == queries.tensor.shape[0]
        && Int(keyOffsets.last ?? 0) == keys.tensor.shape[0]
        && keys.tensor.shape[0] == values.tensor.shape[0],
      "attention: \(queryCount) queries, keys end at \(keyOffsets.last ?? 0), rows are "
        + "\(queries.tensor.shape[0]), \(keys.tensor.shape[0]), \(values.tensor.shape[0])")
    return width
  }

  /// The result of an attention whose operands are columns of matrices that may be the same.
  ///
  /// - Parameters:
  ///   - y: The result, `[rows, width]`.
  ///   - width: Its columns.
  ///   - operands: What it was computed from.
  ///   - parameters: What else it was computed from; `backward` adds to their gradients itself.
  ///   - backward: Takes the gradient of the result and, for every operand, cleared memory for its
  ///     gradient.
  /// - Returns: The result.
  static func attentionResult(
    _ y: Storage, _ width: Int, _ operands: [Columns], with parameters: [Tensor] = [],
    backward:
      @escaping (
        _ dy: Storage, _ slopes: [AttentionKernel.Operand<UnsafeMutablePointer<Float>>]
      ) -> Void
  ) -> Tensor {
    let tensors = Columns.distinctTensors(operands)
    let shape = [y.count / max(width, 1), width]
    return Tensor(y, shape: shape, from: tensors + parameters) { dy in
      let gradients = tensors.map { Storage(count: $0.count) }
      for gradient in gradients { gradient.clear() }
      backward(
        dy,
        operands.map { columns in
          let index = tensors.firstIndex { $0 === columns.tensor } ?? 0
          return .init(
            gradients[index].pointer + columns.columns.lowerBound, stride: columns.tensor.shape[1])
        })
      extendLifetime(tensors)
      for (tensor, gradient) in zip(tensors, gradients) { tensor.adoptGradient(gradient) }
    }
  }

  /// Some columns of a matrix.
  public struct Columns {
    let tensor: Tensor
    let columns: Range<Int>

    /// All columns of `tensor`, or those in `columns`.
    public init(_ tensor: Tensor, _ columns: Range<Int>? = nil) {
      precondition(tensor.shape.count == 2, "Columns: \(tensor.shape) is no matrix")
      let all = 0..<tensor.shape[1]
      precondition(
        columns.map { all.clamped(to: $0) == $0 } ?? true,
        "Columns: \(columns ?? all) of \(tensor.shape)")
      self.tensor = tensor
      self.columns = columns ?? all
    }

    var operand: AttentionKernel.Operand<UnsafePointer<Float>> {
      .init(UnsafePointer(tensor.pointer + columns.lowerBound), stride: tensor.shape[1])
    }

    static func distinctTensors(_ columns: [Columns]) -> [Tensor] {
      var distinct: [Tensor] = []
      for tensor in columns.map(\.tensor) where !distinct.contains(where: { $0 === tensor }) {
        distinct.append(tensor)
      }
      return distinct
    }
  }
}
