import Kernels
import Testing

struct MatrixProductTests {
  /// A product's sizes.
  struct Sizes: Sendable, CustomTestStringConvertible {
    let rows, columns, inner: Int
    var testDescription: String { "\(rows) × \(inner) × \(columns)" }
  }

  private static let sizes = [1, 2, 5, 16, 17, 64].flatMap { rows in
    [1, 3, 16, 33].flatMap { columns in
      [0, 1, 2, 15, 16, 40].map { Sizes(rows: rows, columns: columns, inner: $0) }
    }
  }

  @Test(arguments: sizes)
  func equalsPlainSwift(_ sizes: Sizes) {
    for (transposesA, transposesB, accumulates) in [
      (false, false, false), (true, false, true), (false, true, true), (true, true, false),
    ] {
      let product = Product(sizes, transposesA: transposesA, transposesB: transposesB)
      let found = product.compute(scale: 0.5, accumulates: accumulates)
      let wanted = product.exact(scale: 0.5, accumulates: accumulates)
      #expect(deviation(found, wanted) < 2e-6, "\(transposesA) \(transposesB) \(accumulates)")
    }
  }

  /// Sizes that are shared between threads, with remainders, and sizes that are not.
  private static let sharedSizes = [
    Sizes(rows: 1_024, columns: 768, inner: 768), Sizes(rows: 768, columns: 1_024, inner: 154),
    Sizes(rows: 399, columns: 129, inner: 300), Sizes(rows: 154, columns: 5_003, inner: 128),
    Sizes(rows: 1_025, columns: 64, inner: 257), Sizes(rows: 1, columns: 4_001, inner: 3_000),
    Sizes(rows: 4_001, columns: 1, inner: 3_000), Sizes(rows: 2, columns: 4_001, inner: 3_000),
    Sizes(rows: 200, columns: 200, inner: 150),
  ]

  /// In a process of its own, because a pool of threads can grow but not shrink.
  @Test func sharedProductsHaveTheBitsOfUnsharedOnes() async {
    await #expect(processExitsWith: .success) {
      let products = Self.sharedSizes.flatMap { sizes in
        [(false, false), (true, false), (false, true)].map {
          Product(sizes, transposesA: $0.0, transposesB: $0.1)
        }
      }
      let unshared = products.map { $0.compute() }
      for threadCount in 2...5 {
        ThreadPool.shared.configure(threadCount: threadCount, spins: false)
        for (product, unshared) in zip(products, unshared) {
          let isEqual = product.compute() == unshared
          #expect(isEqual, "\(product.sizes.testDescription), \(threadCount) threads")
        }
      }
    }
  }

  /// Such as those of the gradient of a head's input, whose terms are as many as there are tokens.
  @Test(arguments: [false, true])
  func longDotProductsAreExactToAFewRoundings(_ accumulates: Bool) {
    let product = Product(
      Sizes(rows: 3, columns: 17, inner: 20_001), transposesA: true, transposesB: false)
    // Sums of 20,001 terms are about 200, and rounding grows with them.
    let error = deviation(
      product.compute(accumulates: accumulates),
      product.exact(scale: 1, accumulates: accumulates), floor: 200)
    #expect(error < 2e-6)
  }

  /// Two matrices that lie in memory with gaps between their rows.
  private struct Product {
    private static let gap = 3
    let sizes: Sizes
    private let a, b: [Float]
    private let transposesA, transposesB: Bool

    init(_ sizes: Sizes, transposesA: Bool, transposesB: Bool) {
      (self.sizes, self.transposesA, self.transposesB) = (sizes, transposesA, transposesB)
      func memory(_ rows: Int, _ columns: Int, _ isTransposed: Bool, seed: UInt64) -> [Float] {
        let (rows, columns) = isTransposed ? (columns, rows) : (rows, columns)
        return numbers(rows * (columns + Self.gap), seed: seed)
      }
      a = memory(sizes.rows, sizes.inner, transposesA, seed: 1)
      b = memory(sizes.inner, sizes.columns, transposesB, seed: 2)
    }

    private var strideA: Int { (transposesA ? sizes.rows : sizes.inner) + Self.gap }
    private var strideB: Int { (transposesB ? sizes.inner : sizes.columns) + Self.gap }
    private var stride: Int { sizes.columns + Self.gap }
    private var initial: [Float] { numbers(sizes.rows * stride, seed: 3) }

    /// The result with its gaps, which must not change.
    func compute(scale: Float = 1, accumulates: Bool = false) -> [Float] {
      written(sizes.rows * stride, over: initial) { c in
        MatrixProduct.multiply(
          into: c, stride: stride, MatrixOperand(a, stride: strideA, transposed: transposesA),
          MatrixOperand(b, stride: strideB, transposed: transposesB), rows: sizes.rows,
          columns: sizes.columns, inner: sizes.inner, scale: scale, accumulates: accumulates)
      }
    }

    func exact(scale: Double, accumulates: Bool) -> [Double] {
      var result = initial.map { Double($0) }
      for row in 0..<sizes.rows {
        for column in 0..<sizes.columns {
          var sum = 0.0
          for k in 0..<sizes.inner {
            let a = a[transposesA ? k * strideA + row : row * strideA + k]
            let b = b[transposesB ? column * strideB + k : k * strideB + column]
            sum += Double(a) * Double(b)
          }
          let place = row * stride + column
          result[place] = scale * sum + (accumulates ? result[place] : 0)
        }
      }
      return result
    }
  }
}
