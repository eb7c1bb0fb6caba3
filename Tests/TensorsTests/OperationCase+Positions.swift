import Tensors

extension OperationCase {
  private static var dropout: Dropout { Dropout(probability: 0.3, key: 0x0FED_CBA9_8765_4321) }

  /// Operations that know where in its sequence a token stands.
  static func positions(_ rows: Int, _ columns: Int) -> [OperationCase] {
    rotary(rows, columns) + windows(rows, columns) + disentangled(rows, columns)
      + neighbours(rows, columns)
  }

  private static func rotary(_ rows: Int, _ columns: Int) -> [OperationCase] {
    let positions = (0..<rows).map { Int32($0 * 5 % 11) }
    return [
      OperationCase(name: "rotated", tensors: [[rows, 6 * columns]]) {
        $0.tensors[0].rotated(
          0..<6 * columns, by: RotaryAngles(headSize: 2 * columns, base: 30),
          positions: positions)
      },
      OperationCase(name: "rotated, some columns, in place", tensors: [[rows, 7 * columns]]) {
        ($0.tensors[0] * 1).rotated(
          columns..<5 * columns, by: RotaryAngles(headSize: 2 * columns, base: 30),
          positions: positions, overwritesInput: true)
      },
    ]
  }

  private static func windows(_ rows: Int, _ columns: Int) -> [OperationCase] {
    [0, 2].map { someQueries(rows, columns, window: $0) }
      + [0, 2].map { allQueries(3 * rows + 1, columns, window: $0) }
  }

  /// Ragged sequences; one has no queries, one nothing at all.
  private static func someQueries(_ rows: Int, _ columns: Int, window: Int) -> OperationCase {
    let (few, many) = (Int32(rows), 3 * rows + 1)
    let queries: [Int32] = [0, 2, 2, 2, few]
    let keys: [Int32] = [0, 5, few + 3, few + 3, 3 * few + 1]
    let places: [Int32] = [1, 4] + (0..<few - 2).map { 2 * $0 + 1 }
    let (half, whole) = (5 * columns, 10 * columns)
    return OperationCase(
      name: "attention in windows of \(window), some queries",
      tensors: [[rows, half], [many, whole]]
    ) { operands in
      let others = operands.tensors[1]
      return .attention(
        queries: .init(operands.tensors[0]), keys: .init(others, 0..<half),
        values: .init(others, half..<whole), queryOffsets: queries, keyOffsets: keys,
        queryPlaces: places, window: window, headCount: 5, dropout: dropout)
    }
  }

  private static func allQueries(_ rows: Int, _ columns: Int, window: Int) -> OperationCase {
    let offsets: [Int32] = [0, 1, Int32(rows) - 2, Int32(rows)]
    let places = places(of: offsets)
    let width = 2 * columns
    return OperationCase(
      name: "attention in windows of \(window), all in one matrix", tensors: [[rows, 3 * width]]
    ) { operands in
      let all = operands.tensors[0]
      return .attention(
        queries: .init(all, 0..<width), keys: .init(all, width..<2 * width),
        values: .init(all, 2 * width..<3 * width), queryOffsets: offsets, keyOffsets: offsets,
        queryPlaces: places, window: window, headCount: 2)
    }
  }

  private static func neighbours(_ rows: Int, _ columns: Int) -> [OperationCase] {
    let offsets: [Int32] = [0, 1, 1, Int32(rows)]
    return [1, 3, 5].map { size in
      OperationCase(name: "\(size) neighbours", tensors: [[rows, columns]]) {
        $0.tensors[0].neighbours(size, offsets: offsets)
      }
    }
  }

  private static func disentangled(_ rows: Int, _ columns: Int) -> [OperationCase] {
    [(true, true), (true, false), (false, true), (false, false)].map {
      disentangledSome(rows, columns, comparesQueries: $0, comparesKeys: $1)
    } + [disentangledAll(rows + 4, columns)]
  }

  /// Ragged sequences; one has no queries, one nothing at all.
  private static func disentangledSome(
    _ rows: Int, _ columns: Int, comparesQueries: Bool, comparesKeys: Bool
  ) -> OperationCase {
    let (few, many, width) = (Int32(rows), 3 * rows + 1, 3 * columns)
    let queries: [Int32] = [0, 2, 2, 2, few]
    let keys: [Int32] = [0, 5, few + 3, few + 3, 3 * few + 1]
    let places: [Int32] = [1, 4] + (0..<few - 2).map { 2 * $0 + 1 }
    let relative = RelativeBuckets(bucketCount: nil, maximum: 2).rows(length: many)
    let table = [relative.rows.count, width]
    let name =
      "disentangled attention, \(comparesQueries ? "c2p" : "") \(comparesKeys ? "p2c" : "")"
    let tables = (comparesQueries ? 1 : 0) + (comparesKeys ? 1 : 0)
    return OperationCase(
      name: name,
      tensors: [[rows, width], [many, 2 * width]] + Array(repeating: table, count: tables)
    ) { operands in
      let others = operands.tensors[1]
      let isCompared = comparesQueries || comparesKeys
      let positions = Tensor.RelativeRows(
        keys: comparesQueries ? .init(operands.tensors[2]) : nil,
        queries: comparesKeys ? .init(operands.tensors[1 + tables]) : nil,
        distanceRows: relative.distanceRows.map { isCompared ? $0 : 0 })
      return .disentangledAttention(
        queries: .init(operands.tensors[0]), keys: .init(others, 0..<width),
        values: .init(others, width..<2 * width), relative: positions, queryOffsets: queries,
        keyOffsets: keys, queryPlaces: places, headCount: 3, scale: 0.4, dropout: dropout)
    }
  }

  private static func disentangledAll(_ rows: Int, _ columns: Int) -> OperationCase {
    let offsets: [Int32] = [0, 1, Int32(rows) - 2, Int32(rows)]
    let places = places(of: offsets)
    let width = 2 * columns
    let relative = RelativeBuckets(bucketCount: 4, maximum: 6).rows(length: rows)
    return OperationCase(
      name: "disentangled attention, all in one matrix, positions in another",
      tensors: [[rows, 3 * width], [relative.rows.count, 2 * width]]
    ) { operands in
      let (all, positions) = (operands.tensors[0], operands.tensors[1])
      return .disentangledAttention(
        queries: .init(all, 0..<width), keys: .init(all, width..<2 * width),
        values: .init(all, 2 * width..<3 * width),
        relative: .init(
          keys: .init(positions, width..<2 * width), queries: .init(positions, 0..<width),
          distanceRows: relative.distanceRows),
        queryOffsets: offsets, keyOffsets: offsets, queryPlaces: places, headCount: 2, scale: 0.5)
    }
  }

  /// The place of every token in its sequence.
  private static func places(of offsets: [Int32]) -> [Int32] {
    zip(offsets, offsets.dropFirst()).flatMap { Array(0..<$1 - $0) }
  }
}
