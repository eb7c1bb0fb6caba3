import Tensors

extension OperationCase {
  /// Every operation in every form.
  ///
  /// - Parameters:
  ///   - rows: The number of rows, at least 3.
  ///   - columns: The size of the last axis, where the kernels work by sixteen.
  /// - Returns: Cases of different names.
  static func all(rows: Int, columns: Int) -> [OperationCase] {
    elementwise(rows, columns) + reductions(rows, columns) + shapes(rows, columns)
      + products(rows, columns) + lookups(rows, columns) + fused(rows, columns)
      + attention(rows, columns) + positions(rows, columns)
  }

  private static var dropout: Dropout { Dropout(probability: 0.3, key: 0x1234_5678_9ABC_DEF0) }

  private static func elementwise(_ rows: Int, _ columns: Int) -> [OperationCase] {
    let shape = [rows, columns]
    return [
      OperationCase(name: "a + b", tensors: [shape, shape]) { $0.tensors[0] + $0.tensors[1] },
      OperationCase(name: "a + a", tensors: [shape]) { $0.tensors[0] + $0.tensors[0] },
      OperationCase(name: "a * b", tensors: [shape, shape]) { $0.tensors[0] * $0.tensors[1] },
      OperationCase(name: "a * a", tensors: [shape]) { $0.tensors[0] * $0.tensors[0] },
      OperationCase(name: "a * 0.7", tensors: [shape]) { $0.tensors[0] * 0.7 },
      OperationCase(name: "relu", tensors: [shape], margin: 0.25) { $0.tensors[0].relu() },
      OperationCase(name: "tanh", tensors: [shape]) { $0.tensors[0].tanh() },
      OperationCase(name: "gelu", tensors: [shape]) { $0.tensors[0].gelu() },
      OperationCase(name: "gelu, tanh", tensors: [shape]) { $0.tensors[0].gelu(form: .tanh) },
      OperationCase(name: "dropout", tensors: [shape]) { $0.tensors[0].dropout(dropout) },
      OperationCase(name: "no dropout", tensors: [shape]) { $0.tensors[0].dropout(nil) },
    ]
  }

  private static func reductions(_ rows: Int, _ columns: Int) -> [OperationCase] {
    let shape = [rows, columns]
    let labels = (0..<rows).map { Int32($0 * 7 % columns) }
    return [
      OperationCase(name: "sum", tensors: [shape]) { $0.tensors[0].sum() },
      OperationCase(name: "mean", tensors: [shape]) { $0.tensors[0].mean() },
      OperationCase(name: "softmax", tensors: [shape]) { $0.tensors[0].softmax() },
      OperationCase(name: "crossEntropy", tensors: [shape]) { $0.tensors[0].crossEntropy(labels) },
      OperationCase(name: "crossEntropy, sum and bias", tensors: [shape], groups: [([columns], 1)])
      { $0.tensors[0].crossEntropy(labels, bias: $0.parameters[0], reduction: .sum) },
    ]
  }

  private static func shapes(_ rows: Int, _ columns: Int) -> [OperationCase] {
    [
      OperationCase(name: "reshaped", tensors: [[rows, 2, columns]]) {
        $0.tensors[0].reshaped([2, columns * rows])
      },
      OperationCase(name: "transposed(0, 1)", tensors: [[rows, columns]]) {
        $0.tensors[0].transposed(0, 1)
      },
      OperationCase(name: "transposed(2, 0)", tensors: [[rows, 2, columns]]) {
        $0.tensors[0].transposed(2, 0)
      },
      OperationCase(name: "transposed(1, 2)", tensors: [[2, rows, columns, 2]]) {
        $0.tensors[0].transposed(1, 2)
      },
      OperationCase(name: "transposed(1, 1)", tensors: [[rows, columns]]) {
        $0.tensors[0].transposed(1, 1)
      },
      OperationCase(name: "stacked, one twice", tensors: [[rows, columns], [rows, columns]]) {
        .stacked([$0.tensors[0], $0.tensors[1], $0.tensors[0]])
      },
    ]
  }

  private static func products(_ rows: Int, _ columns: Int) -> [OperationCase] {
    [
      OperationCase(name: "matmul", tensors: [[rows, columns], [columns, rows + 2]]) {
        $0.tensors[0].matmul($0.tensors[1])
      },
      OperationCase(name: "matmul, batched", tensors: [[2, 2, rows, 3], [2, 2, 3, columns]]) {
        $0.tensors[0].matmul($0.tensors[1])
      },
      OperationCase(
        name: "linear", tensors: [[rows, columns]], groups: [([rows + 1, columns], 1)]
      ) { $0.tensors[0].linear($0.parameters) },
      OperationCase(
        name: "linear, one row", tensors: [[1, columns]],
        groups: [([5, columns], 1), ([5], 1)]
      ) { $0.tensors[0].linear([$0.parameters[0]], biases: [$0.parameters[1]]) },
      OperationCase(
        name: "linear, three weights and biases", tensors: [[rows, 5]],
        groups: [([columns, 5], 3), ([columns], 3)]
      ) {
        $0.tensors[0].linear(Array($0.parameters[0..<3]), biases: Array($0.parameters[3..<6]))
      },
      OperationCase(
        name: "linear, some outputs, then others",
        tensors: [[rows, columns]], groups: [([7, columns], 1), ([7], 1)]
      ) {
        let x = $0.tensors[0]
        return x.linear([$0.parameters[0]], biases: [$0.parameters[1]], outputs: 2..<5).sum()
          + x.linear([$0.parameters[0]], biases: [$0.parameters[1]], outputs: 4..<7).sum() * 0.5
      },
      OperationCase(
        name: "linear, a weight of three axes", tensors: [[rows, 3 * columns]],
        groups: [([rows + 1, columns, 3], 1)]
      ) { $0.tensors[0].linear($0.parameters) },
      OperationCase(
        name: "linear, some weights of a group, then all", tensors: [[rows, 5]],
        groups: [([columns, 5], 3), ([columns], 3)]
      ) { operands in
        let some = operands.tensors[0].linear(
          Array(operands.parameters[1..<3]), biases: Array(operands.parameters[4..<6]))
        let all = operands.tensors[0].linear(
          Array(operands.parameters[0..<3]), biases: Array(operands.parameters[3..<6]))
        return some.sum() + all.sum() * 0.5
      },
    ]
  }

  private static func lookups(_ rows: Int, _ columns: Int) -> [OperationCase] {
    let first = (0..<rows + 2).map { Int32($0 * 5 % 7) }
    let second = (0..<rows + 2).map { Int32($0 % 4) }
    let third = [Int32](repeating: 0, count: rows + 2)
    let some = (0..<rows + 2).map { Int32($0 * 2 % rows) }
    return [
      OperationCase(name: "embedding", groups: [([7, columns], 1)]) {
        .embedding([($0.parameters[0], first)])
      },
      OperationCase(
        name: "embedding, sum of three",
        groups: [([7, columns], 1), ([4, columns], 1), ([2, columns], 1)]
      ) {
        .embedding([
          ($0.parameters[0], first), ($0.parameters[1], second), ($0.parameters[2], third),
        ])
      },
      OperationCase(name: "embedding, one table twice", groups: [([7, columns], 1)]) {
        .embedding([($0.parameters[0], first), ($0.parameters[0], second)])
      },
      OperationCase(name: "embedding and tied linear", groups: [([7, columns], 1)]) {
        Tensor.embedding([($0.parameters[0], first)]).linear([$0.parameters[0]])
      },
      OperationCase(name: "gatherRows", tensors: [[rows, columns]]) {
        $0.tensors[0].gatherRows(some)
      },
    ]
  }

  private static func fused(_ rows: Int, _ columns: Int) -> [OperationCase] {
    let (shape, vector) = ([rows, columns], ([columns], 1))
    return [
      OperationCase(name: "gatedGELU", tensors: [[rows, 2 * columns]]) {
        $0.tensors[0].gatedGELU()
      },
      OperationCase(name: "added to residual", tensors: [shape, shape]) {
        ($0.tensors[0] * 1).added(to: $0.tensors[1])
      },
      OperationCase(name: "added to residual, dropout", tensors: [shape, shape]) {
        ($0.tensors[0] * 1).added(to: $0.tensors[1], dropout: dropout)
      },
      OperationCase(name: "gelu, bias", tensors: [shape], groups: [vector]) {
        $0.tensors[0].gelu(bias: $0.parameters[0])
      },
      OperationCase(name: "gelu, bias, tanh", tensors: [shape], groups: [vector]) {
        $0.tensors[0].gelu(bias: $0.parameters[0], form: .tanh)
      },
      OperationCase(
        name: "linear of gelu", tensors: [shape], groups: [vector, ([5, columns], 1), ([5], 1)]
      ) {
        $0.tensors[0].linear(
          [$0.parameters[1]], biases: [$0.parameters[2]],
          activation: Tensor.GELU(bias: $0.parameters[0]))
      },
      OperationCase(name: "layerNorm", tensors: [shape], groups: [vector, vector]) {
        $0.tensors[0].layerNorm($0.parameters[0], $0.parameters[1], epsilon: 0.1)
      },
      OperationCase(name: "layerNorm, no shift, in place", tensors: [shape], groups: [vector]) {
        ($0.tensors[0] * 1).layerNorm(
          $0.parameters[0], nil, epsilon: 0.1, overwritesInput: true)
      },
      OperationCase(
        name: "layerNorm, bias", tensors: [shape], groups: [vector, vector, vector]
      ) {
        $0.tensors[0].layerNorm(
          $0.parameters[0], $0.parameters[1], epsilon: 0.1, bias: $0.parameters[2])
      },
      OperationCase(
        name: "layerNorm, residual", tensors: [shape, shape], groups: [vector, vector]
      ) {
        $0.tensors[0].layerNorm(
          $0.parameters[0], $0.parameters[1], epsilon: 0.1, residual: $0.tensors[1])
      },
      OperationCase(name: "layerNorm, own residual", tensors: [shape], groups: [vector, vector]) {
        $0.tensors[0].layerNorm(
          $0.parameters[0], $0.parameters[1], epsilon: 0.1, residual: $0.tensors[0])
      },
      OperationCase(name: "layerNorm, dropout", tensors: [shape], groups: [vector, vector]) {
        $0.tensors[0].layerNorm(
          $0.parameters[0], $0.parameters[1], epsilon: 0.1, dropout: dropout)
      },
      OperationCase(
        name: "layerNorm, bias, residual and dropout, in place", tensors: [shape, shape],
        groups: [vector, vector, vector]
      ) {
        ($0.tensors[0] * 1).layerNorm(
          $0.parameters[0], $0.parameters[1], epsilon: 0.1, bias: $0.parameters[2],
          residual: $0.tensors[1], dropout: dropout, overwritesInput: true)
      },
    ]
  }

  /// Ragged sequences; one has no queries, one nothing at all.
  private static func attention(_ rows: Int, _ columns: Int) -> [OperationCase] {
    let queries: [Int32] = [0, 2, 2, 2, Int32(rows)]
    let keys: [Int32] = [0, 3, Int32(rows) + 1, Int32(rows) + 1, Int32(rows) + 4]
    let (few, many) = (rows, rows + 4)
    return [
      OperationCase(
        name: "attention", tensors: [[few, columns], [many, columns], [many, columns]]
      ) {
        .attention(
          queries: $0.tensors[0], keys: $0.tensors[1], values: $0.tensors[2],
          queryOffsets: queries, keyOffsets: keys, headCount: 1)
      },
      OperationCase(
        name: "attention, five heads and dropout",
        tensors: [[few, 5 * columns], [many, 5 * columns], [many, 5 * columns]]
      ) {
        .attention(
          queries: $0.tensors[0], keys: $0.tensors[1], values: $0.tensors[2],
          queryOffsets: queries, keyOffsets: keys, headCount: 5, dropout: dropout)
      },
      OperationCase(
        name: "attention, biases by distance",
        tensors: [[few, 5 * columns], [many, 5 * columns], [many, 5 * columns]],
        groups: [([4, 5], 1)]
      ) {
        .attention(
          queries: $0.tensors[0], keys: $0.tensors[1], values: $0.tensors[2],
          queryOffsets: queries, keyOffsets: keys, headCount: 5,
          bias: DistanceBias(
            $0.parameters[0], buckets: (0..<2 * rows + 1).map { Int32($0 * 3 % 4) },
            queryPlaces: (0..<rows).map { Int32($0 * 2 % rows) }), dropout: dropout)
      },
      OperationCase(name: "attention, all in one matrix", tensors: [[many, 6 * columns]]) {
        .attention(
          queries: .init($0.tensors[0], 0..<2 * columns),
          keys: .init($0.tensors[0], 2 * columns..<4 * columns),
          values: .init($0.tensors[0], 4 * columns..<6 * columns), queryOffsets: keys,
          keyOffsets: keys, headCount: 2)
      },
      OperationCase(
        name: "attention, keys and values in one matrix",
        tensors: [[few, 2 * columns], [many, 4 * columns]]
      ) {
        .attention(
          queries: .init($0.tensors[0]), keys: .init($0.tensors[1], 0..<2 * columns),
          values: .init($0.tensors[1], 2 * columns..<4 * columns), queryOffsets: queries,
          keyOffsets: keys, headCount: 2)
      },
    ]
  }
}
