import CKernels
import Testing

/// A product's sizes and how its operands lie.
struct ProductCase: Sendable, CustomTestStringConvertible {
  let rows, columns, inner: Int
  let transposesA, transposesB: Bool

  var testDescription: String {
    "\(rows) × \(inner) × \(columns) \(transposesA ? "T" : "N")\(transposesB ? "T" : "N")"
  }

  /// Products of some sizes (rows, columns, length of dot products) with operands in every order.
  static func all(_ sizes: [(Int, Int, Int)]) -> [ProductCase] {
    sizes.flatMap { rows, columns, inner in
      [(false, false), (true, false), (false, true), (true, true)].map {
        ProductCase(
          rows: rows, columns: columns, inner: inner, transposesA: $0.0, transposesB: $0.1)
      }
    }
  }
}

/// Two matrices without gaps and a result to add to.
struct ProductOperands {
  /// Writes a part of a product, as `ck_product` does.
  typealias Multiply = (
    _ c: UnsafeMutablePointer<Float>, _ stride: Int64, _ a: ck_operand, _ b: ck_operand,
    _ rows: Int64, _ columns: Int64, _ inner: Int64
  ) -> Void

  let it: ProductCase
  let initial: [Float]
  private let a, b: [Float]

  init(_ it: ProductCase) {
    self.it = it
    a = numbers(it.rows * it.inner, seed: 4)
    b = numbers(it.inner * it.columns, seed: 5)
    initial = numbers(it.rows * it.columns, seed: 6)
  }

  /// The result, of which only some rows and columns are computed.
  func result(
    _ rows: Range<Int>? = nil, _ columns: Range<Int>? = nil, over c: [Float]? = nil,
    by multiply: Multiply
  ) -> [Float] {
    let (rows, columns) = (rows ?? 0..<it.rows, columns ?? 0..<it.columns)
    let strideA = it.transposesA ? it.rows : it.inner
    let strideB = it.transposesB ? it.inner : it.columns
    let firstA = rows.lowerBound * (it.transposesA ? 1 : strideA)
    let firstB = columns.lowerBound * (it.transposesB ? strideB : 1)
    return written(it.rows * it.columns, over: c ?? initial) { c in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress else { return }
          multiply(
            c + rows.lowerBound * it.columns + columns.lowerBound, Int64(it.columns),
            ck_operand(
              first: a + firstA, stride: Int64(strideA), is_transposed: it.transposesA),
            ck_operand(
              first: b + firstB, stride: Int64(strideB), is_transposed: it.transposesB),
            Int64(rows.count), Int64(columns.count), Int64(it.inner))
        }
      }
    }
  }

  /// The result in double precision, of factors that are changed before.
  func exact(
    scale: Double = 1, accumulates: Bool, of factor: (Float) -> Float = { $0 }
  ) -> [Double] {
    let a = a.map { Double(factor($0)) }
    let b = b.map { Double(factor($0)) }
    return (0..<it.rows * it.columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: it.columns)
      let sum = (0..<it.inner).reduce(0) { sum, k in
        sum + a[it.transposesA ? k * it.rows + row : row * it.inner + k]
          * b[it.transposesB ? column * it.inner + k : k * it.columns + column]
      }
      return scale * sum + (accumulates ? Double(initial[index]) : 0)
    }
  }
}
